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

    internal override FrameStatus TryRead(Span<byte> buffer, int limit, ref FrameProgress progress, out Frame frame)
    {
        int length = Math.Min(buffer.Length, limit);
        frame = new Frame(0, length, length);
        return length == 0 ? FrameStatus.Incomplete : FrameStatus.Complete;
    }

    internal override int EncodedLength(ReadOnlySpan<byte> payload) => payload.Length;

    internal override void Encode(ReadOnlySpan<byte> payload, Span<byte> destination) => payload.CopyTo(destination);
}
