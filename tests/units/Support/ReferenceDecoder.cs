using System.Globalization;
using System.Numerics;

namespace PSNetLab.Engine.Tests;

/// <summary>Cuts a whole stream in the plainest way there is, to compare with.</summary>
internal sealed class ReferenceDecoder
{
    private readonly byte[] _stream;
    private Func<byte[], byte[]> _torn = rest => rest;

    private ReferenceDecoder(byte[] stream) => _stream = stream;

    internal List<byte[]> Frames { get; } = [];

    /// <summary>Where each frame ends in the stream, header and delimiter included.</summary>
    internal List<int> Ends { get; } = [];

    internal byte[] Rest => _stream[End..];

    /// <summary>What of it belongs to a message that has begun: all but its header.</summary>
    internal byte[] TornMessage => _torn(Rest);

    private int End => Ends.Count == 0 ? 0 : Ends[^1];

    internal static ReferenceDecoder Decode(string framing, byte[] stream)
    {
        ReferenceDecoder decoder = new(stream);
        string[] parts = framing.Split(':');
        switch (parts[0])
        {
            case "Line":
                decoder.Delimited([(byte)'\n'], trimCarriageReturn: true);
                break;
            case "Null":
                decoder.Delimited([0], trimCarriageReturn: false);
                break;
            case "Delimiter":
                decoder.Delimited(Convert.FromHexString(parts[1]), trimCarriageReturn: false);
                break;
            case "Fixed":
                decoder.Fixed(int.Parse(parts[1], CultureInfo.InvariantCulture));
                break;
            case "OctetCount":
                decoder.Counted(' ', 0);
                break;
            case "Netstring":
                decoder.Counted(':', 1);
                break;
            case "Varint":
                decoder.Varint();
                break;
            default:
                bool littleEndian = parts[0].EndsWith("LE", StringComparison.Ordinal);
                int bytes = int.Parse(parts[0].AsSpan("Length".Length).TrimEnd("LE"), CultureInfo.InvariantCulture) / 8;
                int Option(string name) => parts.FirstOrDefault(part => part.StartsWith(name, StringComparison.Ordinal)) is { } option
                    ? int.Parse(option.AsSpan(name.Length), CultureInfo.InvariantCulture) : 0;
                int offset = Option("Offset=");
                int counted = parts.Contains("Includes=Header") ? offset + bytes : parts.Contains("Includes=Length") ? bytes : 0;
                decoder.LengthAt(offset, bytes, littleEndian, Option("Adjust=") - counted);
                break;
        }

        return decoder;
    }

    private void Delimited(byte[] delimiter, bool trimCarriageReturn)
    {
        for (int end = delimiter.Length; end <= _stream.Length; end++)
        {
            int payloadEnd = end - delimiter.Length;
            if (payloadEnd >= End && _stream.AsSpan(payloadEnd, delimiter.Length).SequenceEqual(delimiter))
            {
                bool hasReturn = trimCarriageReturn && payloadEnd > End && _stream[payloadEnd - 1] == '\r';
                Add(End, hasReturn ? payloadEnd - 1 : payloadEnd, end);
            }
        }
    }

    private void Fixed(int length)
    {
        while (_stream.Length - End >= length)
        {
            Add(End, End + length, End + length);
        }
    }

    private void LengthAt(int offset, int bytes, bool littleEndian, int adjust)
    {
        _torn = rest => [.. rest.Take(offset), .. rest.Skip(offset + bytes)];
        while (_stream.Length - End >= offset + bytes)
        {
            int start = End + offset + bytes;
            BigInteger length = new BigInteger(_stream.AsSpan(End + offset, bytes), isUnsigned: true, isBigEndian: !littleEndian) + adjust;
            if (length > _stream.Length - start)
            {
                return;
            }

            Frames.Add([.. _stream[End..(End + offset)], .. _stream[start..(start + (int)length)]]);
            Ends.Add(start + (int)length);
        }
    }

    private void Counted(char mark, int endBytes)
    {
        _torn = rest => rest.Contains((byte)mark) ? [.. rest.SkipWhile(one => one != mark).Skip(1)] : [];
        while (Array.IndexOf(_stream, (byte)mark, End) is >= 0 and int at)
        {
            int length = int.Parse(System.Text.Encoding.ASCII.GetString(_stream[End..at]), CultureInfo.InvariantCulture);
            if (at + 1 + length + endBytes > _stream.Length)
            {
                return;
            }

            Add(at + 1, at + 1 + length, at + 1 + length + endBytes);
        }
    }

    private void Varint()
    {
        _torn = rest => [.. rest.SkipWhile(one => one >= 0x80).Skip(1)];
        while (Array.FindIndex(_stream, End, one => one < 0x80) is >= 0 and int last)
        {
            int length = _stream[End..(last + 1)].Select((one, at) => (one & 0x7F) << (7 * at)).Sum();
            if (last + 1 + length > _stream.Length)
            {
                return;
            }

            Add(last + 1, last + 1 + length, last + 1 + length);
        }
    }

    private void Add(int start, int end, int frameEnd)
    {
        Frames.Add(_stream[start..end]);
        Ends.Add(frameEnd);
    }
}
