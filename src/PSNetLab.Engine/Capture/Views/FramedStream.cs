using PSNetLab.Engine.Framing;

namespace PSNetLab.Engine.Capture.Views;

/// <summary>A message as it is on the wire: what frames it, and what it is.</summary>
/// <param name="Header">The bytes before it.</param>
/// <param name="Payload">The message or, if it is not whole, the beginning of what came of it.</param>
/// <param name="Trailer">The bytes after it.</param>
/// <param name="Length">How many bytes came of it, with what frames it if it is not whole.</param>
/// <param name="IsWhole">Whether it has come as a whole.</param>
internal sealed record FramedPiece(byte[] Header, byte[] Payload, byte[] Trailer, int Length, bool IsWhole);

/// <summary>Divides one direction of a recorded stream into messages. It looks at each byte once.</summary>
internal sealed class FramedStream(MessageFraming framing)
{
    // More than a line can show of what is not whole.
    private const int MostShown = 4096;

    // The bytes of the message that is not whole: as they came, and for the framing, which may change what it has seen.
    private byte[] _sent = [];
    private byte[] _work = [];
    private int _count;
    private FrameProgress _progress;
    private bool _isMalformed;

    /// <summary>Takes bytes; returns the messages that are whole now and, last, what is left of one that is not.</summary>
    internal IReadOnlyList<FramedPiece> Take(byte[] bytes)
    {
        Append(bytes);
        List<FramedPiece> pieces = [];
        int at = 0;
        while (at < _count && !_isMalformed)
        {
            Span<byte> buffer = _work.AsSpan(at, _count - at);
            FrameStatus status = framing.TryRead(buffer, MessageFraming.MostMessageBytes, ref _progress, out Frame frame);
            _progress.EndAnswers();
            if (status != FrameStatus.Complete)
            {
                _isMalformed = status != FrameStatus.Incomplete;
                break;
            }

            // What a framing puts together in place, such as SLIP, has no bytes of a frame that could be set apart.
            int end = frame.Start + (int)frame.Length;
            ReadOnlySpan<byte> original = _sent.AsSpan(at, frame.Consumed);
            bool isAsSent = original[frame.Start..end].SequenceEqual(buffer[frame.Start..end]);
            pieces.Add(new FramedPiece(
                isAsSent ? original[..frame.Start].ToArray() : [],
                buffer[frame.Start..end].ToArray(),
                isAsSent ? original[end..].ToArray() : [],
                (int)frame.Length,
                IsWhole: true));
            at += frame.Consumed;
            _progress.Restart();
        }

        if (at < _count)
        {
            int length = _count - at;
            pieces.Add(new FramedPiece([], _sent.AsSpan(at, Math.Min(length, MostShown)).ToArray(), [], length, IsWhole: false));
        }

        Remove(_isMalformed ? _count : at);
        return pieces;
    }

    private void Append(byte[] bytes)
    {
        int needed = _count + bytes.Length;
        if (needed > _sent.Length)
        {
            int size = Math.Max(needed, (int)Math.Min(2L * _sent.Length, Array.MaxLength));
            Array.Resize(ref _sent, size);
            Array.Resize(ref _work, size);
        }

        bytes.CopyTo(_sent, _count);
        bytes.CopyTo(_work, _count);
        _count = needed;
    }

    /// <summary>Removes what is done. What follows came with the last event, so that it is not much.</summary>
    private void Remove(int count)
    {
        if (count == 0)
        {
            return;
        }

        _count -= count;
        _sent.AsSpan(count, _count).CopyTo(_sent);
        _work.AsSpan(count, _count).CopyTo(_work);
    }
}
