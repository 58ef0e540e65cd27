using System.Buffers.Binary;

namespace PSNetLab.Engine.Checks.Dns;

/// <summary>Reads a message from its beginning to its end. What reaches beyond is a <see cref="DnsFormatException"/>.</summary>
internal ref struct DnsReader
{
    // Compressed names and bitmaps of types can become a thousand times as long as they are. No honest message comes near this.
    private const int MostCharacters = 512 * 1024;

    private readonly ReadOnlySpan<byte> _message;
    private int _characters;
    private int _offset;
    private int _end;

    internal DnsReader(ReadOnlySpan<byte> message)
    {
        _message = message;
        _end = message.Length;
    }

    /// <summary>Whether nothing is left to read.</summary>
    internal readonly bool IsAtEnd => _offset == _end;

    internal byte Byte() => Bytes(1)[0];

    internal ushort UInt16() => BinaryPrimitives.ReadUInt16BigEndian(Bytes(2));

    internal uint UInt32() => BinaryPrimitives.ReadUInt32BigEndian(Bytes(4));

    internal ReadOnlySpan<byte> Bytes(int count)
    {
        if (count > _end - _offset)
        {
            throw new DnsFormatException("a field goes on after its end");
        }

        _offset += count;
        return _message.Slice(_offset - count, count);
    }

    /// <summary>Everything that is left.</summary>
    internal ReadOnlySpan<byte> Rest() => Bytes(_end - _offset);

    /// <summary>Bytes behind a byte that says how many (RFC 1035, section 3.3).</summary>
    internal ReadOnlySpan<byte> Counted() => Bytes(Byte());

    internal string Name()
    {
        string name = DnsNames.Read(_message, ref _offset);
        Spend(name.Length);
        return _offset <= _end ? name : throw new DnsFormatException("a name goes on after its field");
    }

    /// <summary>Counts text that a few bytes have become.</summary>
    internal void Spend(int characters)
    {
        _characters += characters;
        if (_characters > MostCharacters)
        {
            throw new DnsFormatException($"its names and types are longer than {MostCharacters} characters together");
        }
    }

    /// <summary>Begins a part of so many bytes, which then is all that is left.</summary>
    /// <returns>The end of what it is a part of, for <see cref="Leave"/>.</returns>
    internal int Enter(int length)
    {
        if (length > _end - _offset)
        {
            throw new DnsFormatException("a field goes on after the end of the message");
        }

        int outer = _end;
        _end = _offset + length;
        return outer;
    }

    /// <summary>Ends a part, which must have been read completely.</summary>
    internal void Leave(int outer)
    {
        if (!IsAtEnd)
        {
            throw new DnsFormatException("a field is longer than its content");
        }

        _end = outer;
    }
}
