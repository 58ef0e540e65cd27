using PSNetLab.Engine.Framing;

namespace PSNetLab.Engine.Capture.Views;

/// <summary>A message as it is on the wire: what frames it, and what it is.</summary>
/// <param name="Header">The bytes before it.</param>
/// <param name="Payload">The message or, if it is not whole, all that came of it.</param>
/// <param name="Trailer">The bytes after it.</param>
/// <param name="IsWhole">Whether it has come as a whole.</param>
internal sealed record FramedPiece(byte[] Header, byte[] Payload, byte[] Trailer, bool IsWhole);

/// <summary>Divides one direction of a recorded stream into messages.</summary>
internal sealed class FramedStream(MessageFraming framing)
{
    private byte[] _pending = [];
    private bool _isMalformed;

    /// <summary>Takes bytes; returns the messages that are whole now and, last, what is left of one that is not.</summary>
    internal IReadOnlyList<FramedPiece> Take(byte[] bytes)
    {
        byte[] all = [.. _pending, .. bytes];

        // A framing may change the bytes of a frame in which it looks.
        byte[] work = [.. all];
        List<FramedPiece> pieces = [];
        int at = 0;
        while (at < all.Length && !_isMalformed)
        {
            Span<byte> buffer = work.AsSpan(at);
            FrameProgress progress = default;
            FrameStatus status = framing.TryRead(buffer, MessageFraming.MostMessageBytes, ref progress, out Frame frame);
            if (status != FrameStatus.Complete)
            {
                _isMalformed = status != FrameStatus.Incomplete;
                break;
            }

            // What a framing puts together in place, such as SLIP, has no bytes of a frame that could be set apart.
            int end = frame.Start + (int)frame.Length;
            ReadOnlySpan<byte> original = all.AsSpan(at, frame.Consumed);
            bool isAsSent = original[frame.Start..end].SequenceEqual(buffer[frame.Start..end]);
            pieces.Add(new FramedPiece(
                isAsSent ? original[..frame.Start].ToArray() : [],
                buffer[frame.Start..end].ToArray(),
                isAsSent ? original[end..].ToArray() : [],
                IsWhole: true));
            at += frame.Consumed;
        }

        _pending = _isMalformed ? [] : all[at..];
        if (at < all.Length)
        {
            pieces.Add(new FramedPiece([], all[at..], [], IsWhole: false));
        }

        return pieces;
    }
}
