using System.Buffers.Binary;
using System.Globalization;

namespace PSNetLab.Engine.Capture.Files;

/// <summary>Reads the packets of a capture, one after the other.</summary>
/// <param name="stream">The file.</param>
/// <param name="name">What errors call it.</param>
internal abstract class PacketReader(Stream stream, string name)
{
    /// <summary>The longest block or packet, as in Wireshark: no length in a file is believed beyond it.</summary>
    private protected const int MostBytes = 16 * 1024 * 1024;

    private byte[] _buffer = new byte[64 * 1024];

    internal string Name => name;

    /// <summary>What a packet begins with: a number of https://www.tcpdump.org/linktypes.html.</summary>
    internal int LinkType { get; private protected set; }

    /// <summary>When it was captured, in UTC: local time jumps where clocks change.</summary>
    internal DateTime Time { get; private protected set; }

    /// <summary>The captured part of the packet; it is overwritten by the next one.</summary>
    internal ReadOnlyMemory<byte> Data { get; private protected set; }

    /// <summary>How many bytes of the packet were not captured.</summary>
    internal int Missing { get; private protected set; }

    internal IReadOnlyList<string> Comments { get; private protected set; } = [];

    /// <summary>Whether this module wrote it.</summary>
    internal bool IsOwn { get; private protected set; }

    /// <summary>Which way the packet went, in a file that this module wrote; null if nothing says so.</summary>
    internal NetTranscriptDirection? Way { get; private protected set; }

    /// <summary>Whether the file is in the order of big-endian machines.</summary>
    internal bool IsBigEndian { get; private protected set; }

    /// <summary>What a block is called in errors.</summary>
    private protected abstract string Unit { get; }

    /// <summary>The number of the block, from 1.</summary>
    private protected long Number { get; set; }

    /// <summary>Where the block begins.</summary>
    private protected long Position { get; set; }

    /// <summary>Reads the next packet; false at the end.</summary>
    /// <exception cref="NetLabException">The file is malformed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal abstract bool Read(CancellationToken cancellationToken);

    private protected uint UInt32(ReadOnlySpan<byte> bytes)
        => IsBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private protected ushort UInt16(ReadOnlySpan<byte> bytes)
        => IsBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    /// <summary>Whether the file ends here; otherwise another block begins.</summary>
    private protected bool IsAtEnd()
    {
        if (stream.Position == stream.Length)
        {
            return true;
        }

        Number++;
        Position = stream.Position;
        return false;
    }

    /// <summary>Exactly so many bytes. They are valid until the next call.</summary>
    private protected ReadOnlyMemory<byte> Take(int count)
    {
        if (count > stream.Length - stream.Position)
        {
            throw Malformed("the file ends in the middle of it");
        }

        if (_buffer.Length < count)
        {
            _buffer = new byte[Math.Max(count, Math.Min(MostBytes, 2 * _buffer.Length))];
        }

        if (stream.ReadAtLeast(_buffer.AsSpan(0, count), count, throwOnEndOfStream: false) < count)
        {
            throw Malformed("the file ends in the middle of it");
        }

        return _buffer.AsMemory(0, count);
    }

    private protected void Skip(long count)
    {
        if (count > stream.Length - stream.Position)
        {
            throw Malformed("the file ends in the middle of it");
        }

        stream.Position += count;
    }

    /// <summary>A time after the beginning of 1970, as far as there is one.</summary>
    private protected static DateTime TimeOf(Int128 ticks)
        => new((long)Int128.Clamp(DateTime.UnixEpoch.Ticks + ticks, 0, DateTime.MaxValue.Ticks), DateTimeKind.Utc);

    private protected NetLabException Malformed(string what) => new(
        FaultKind.InvalidTranscript,
        string.Create(CultureInfo.InvariantCulture, $"{name}, {Unit} {Number} at byte {Position}: {what}."))
    {
        Subject = name,
    };
}
