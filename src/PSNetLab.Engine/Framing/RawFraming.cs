namespace PSNetLab.Engine.Framing;

/// <summary>No framing: a message is whatever one read of the socket returned, so messages may arrive joined or split.</summary>
internal sealed class RawFraming : MessageFraming
{
    internal static readonly RawFraming Instance = new();

    private RawFraming()
        : base("Raw")
    {
    }

    internal override bool IsRaw => true;

    internal override FrameStatus TryRead(ReadOnlySpan<byte> buffer, int limit, ref int examined, out Frame frame)
    {
        int length = Math.Min(buffer.Length, limit);
        frame = new Frame(0, length, length);
        return length == 0 ? FrameStatus.Incomplete : FrameStatus.Complete;
    }

    internal override int EncodedLength(int payloadLength) => payloadLength;

    internal override void Encode(ReadOnlySpan<byte> payload, Span<byte> destination) => payload.CopyTo(destination);
}
