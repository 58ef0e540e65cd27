namespace PSNetLab.Engine.Framing;

/// <summary>
/// A message ends with the byte C0; that byte and the byte DB in it are replaced (RFC 1055). There are no empty messages, because ends may
/// follow one another.
/// </summary>
internal sealed class SlipFraming : MessageFraming
{
    internal static readonly SlipFraming Instance = new();

    private const byte End = 0xC0;
    private const byte Escape = 0xDB;
    private const byte EscapedEnd = 0xDC;
    private const byte EscapedEscape = 0xDD;

    private const int AfterEscape = 1;

    private SlipFraming()
        : base("Slip")
    {
    }

    internal override FrameStatus TryRead(Span<byte> buffer, int limit, ref FrameProgress progress, out Frame frame)
    {
        while (progress.Examined < buffer.Length && progress.Kept <= limit)
        {
            byte next = buffer[progress.Examined];
            if (progress.State == AfterEscape)
            {
                if (next is not (EscapedEnd or EscapedEscape))
                {
                    frame = default;
                    return FrameStatus.Malformed;
                }

                progress.Replace(buffer, next == EscapedEnd ? End : Escape);
                progress.State = 0;
            }
            else if (next == End)
            {
                if (progress.Kept > 0)
                {
                    frame = new Frame(0, progress.Kept, progress.Examined + 1);
                    return FrameStatus.Complete;
                }

                progress.Drop(1);
            }
            else if (next == Escape)
            {
                progress.Drop(1);
                progress.State = AfterEscape;
            }
            else
            {
                Span<byte> left = buffer[progress.Examined..];
                int plain = left.IndexOfAny(End, Escape);
                progress.Keep(buffer, plain < 0 ? left.Length : plain);
            }
        }

        frame = new Frame(0, progress.Kept, 0);
        return progress.Kept > limit ? FrameStatus.TooLong : FrameStatus.Incomplete;
    }

    internal override ReadOnlySpan<byte> Rest(Span<byte> buffer, FrameProgress progress) => buffer[..progress.Kept];

    internal override string Complaint(ReadOnlySpan<byte> buffer) => "it has a byte DB that neither DC nor DD follows";

    internal override int EncodedLength(ReadOnlySpan<byte> payload) => payload.IsEmpty
        ? throw new NetLabException(
            FaultKind.MessageLengthMismatch, "The message is empty, which Slip does not allow. Leave it out, or choose another -Framing.")
        : checked(payload.Length + payload.Count(End) + payload.Count(Escape) + 1);

    internal override void Encode(ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        int at = 0;
        foreach (byte one in payload)
        {
            if (one is End or Escape)
            {
                destination[at++] = Escape;
                destination[at++] = one == End ? EscapedEnd : EscapedEscape;
            }
            else
            {
                destination[at++] = one;
            }
        }

        destination[at] = End;
    }
}
