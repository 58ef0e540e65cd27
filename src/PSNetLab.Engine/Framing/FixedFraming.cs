namespace PSNetLab.Engine.Framing;

/// <summary>Every message has the same number of bytes.</summary>
internal sealed class FixedFraming : MessageFraming
{
    private readonly int _length;

    internal FixedFraming(int length)
        : base("Fixed:" + length)
        => _length = length;

    internal override FrameStatus TryRead(Span<byte> buffer, int limit, ref FrameProgress progress, out Frame frame)
    {
        frame = new Frame(0, _length, _length);
        return _length > limit ? FrameStatus.TooLong
            : buffer.Length < _length ? FrameStatus.Incomplete
            : FrameStatus.Complete;
    }

    internal override int EncodedLength(ReadOnlySpan<byte> payload) => payload.Length == _length
        ? _length
        : throw new NetLabException(
            FaultKind.MessageLengthMismatch,
            $"The message has {payload.Length} bytes; {Name} needs exactly {_length}. Pad or cut the message, or choose another -Framing.");

    internal override void Encode(ReadOnlySpan<byte> payload, Span<byte> destination) => payload.CopyTo(destination);
}
