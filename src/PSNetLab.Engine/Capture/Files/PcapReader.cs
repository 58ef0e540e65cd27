namespace PSNetLab.Engine.Capture.Files;

/// <summary>Reads captures in the older format, pcap (draft-ietf-opsawg-pcap).</summary>
internal sealed class PcapReader : PacketReader
{
    private const uint Microseconds = 0xA1B2C3D4;
    private const uint Nanoseconds = 0xA1B23C4D;
    private const int HeaderBytes = 24;
    private const int RecordBytes = 16;
    private const uint LinkTypeMask = 0x0FFF_FFFF;

    private readonly bool _isInNanoseconds;

    internal PcapReader(Stream stream, string name)
        : base(stream, name)
    {
        ReadOnlySpan<byte> header = Take(HeaderBytes).Span;
        IsBigEndian = UInt32(header) is not (Microseconds or Nanoseconds);
        _isInNanoseconds = UInt32(header) == Nanoseconds;
        if (UInt16(header[4..]) != 2)
        {
            throw Malformed($"version {UInt16(header[4..])} of pcap is not known, only 2 is");
        }

        // The upper bits say whether frames have a checksum at their end, which the length in IP leaves out anyway.
        LinkType = (int)(UInt32(header[20..]) & LinkTypeMask);
    }

    private protected override string Unit => Number == 0 ? "header" : "packet";

    /// <summary>Whether a file that begins with these bytes, little-endian, is a capture of this format.</summary>
    internal static bool Recognizes(uint magic)
        => magic is Microseconds or Nanoseconds
            || System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(magic) is Microseconds or Nanoseconds;

    internal override bool Read(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (IsAtEnd())
        {
            return false;
        }

        ReadOnlySpan<byte> record = Take(RecordBytes).Span;
        Time = TimeOf(((Int128)UInt32(record) * TimeSpan.TicksPerSecond)
            + (_isInNanoseconds ? UInt32(record[4..]) / 100 : (Int128)UInt32(record[4..]) * 10));
        uint captured = UInt32(record[8..]);
        uint original = UInt32(record[12..]);
        if (captured > MostBytes)
        {
            throw Malformed($"a length of {captured} bytes is more than the {MostBytes} a packet may have");
        }

        Missing = (int)Math.Min(original > captured ? original - captured : 0, MostBytes);
        Data = Take((int)captured);
        return true;
    }
}
