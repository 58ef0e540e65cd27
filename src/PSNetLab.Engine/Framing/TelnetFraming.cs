using System.Text;

namespace PSNetLab.Engine.Framing;

/// <summary>
/// Text over the Telnet protocol (RFC 854): lines, or whatever one read gave. Commands are taken out of it, and every option is refused.
/// </summary>
/// <remarks>Refusals cannot go round in circles: only requests are answered, and with what is not answered itself.</remarks>
internal sealed class TelnetFraming : MessageFraming
{
    /// <summary>
    /// A message is a line, sent with CR and LF. It also ends with LF alone, and with CR NUL, which is the same as CR LF when somebody
    /// presses Enter (RFC 1123, section 3.3.1).
    /// </summary>
    internal static readonly TelnetFraming Lines = new("Telnet", hasLines: true);

    /// <summary>A message is the text of one read: what has no end of line, such as a prompt, arrives as well.</summary>
    internal static readonly TelnetFraming Reads = new("TelnetRaw", hasLines: false);

    private const byte SubnegotiationEnd = 240;
    private const byte SubnegotiationBegin = 250;
    private const byte Will = 251;
    private const byte Wont = 252;
    private const byte Do = 253;
    private const byte Dont = 254;
    private const byte Command = 255;
    private const byte Nul = 0;
    private const byte Return = (byte)'\r';
    private const byte LineFeed = (byte)'\n';

    private readonly bool _hasLines;

    private TelnetFraming(string name, bool hasLines)
        : base(name)
        => _hasLines = hasLines;

    /// <summary>What the next byte belongs to.</summary>
    private enum Part
    {
        Text,
        AfterReturn,
        Command,
        WillOption,
        DoOption,
        OtherOption,
        Subnegotiation,
        SubnegotiationCommand,
    }

    internal override bool IsStream => !_hasLines;

    internal override MessageFraming In(Encoding encoding)
        => encoding.GetBytes("\r\n").AsSpan().SequenceEqual("\r\n"u8) ? this : throw new NetLabException(
            FaultKind.InvalidFraming,
            $"The lines of Telnet end with the bytes 0D 0A, which {encoding.WebName} does not have. Choose another -Encoding.");

    internal override FrameStatus TryRead(Span<byte> buffer, int limit, ref FrameProgress progress, out Frame frame)
    {
        // One more than the limit is too long for a line; of a read, the rest is the next message.
        int most = _hasLines ? limit + 1 : limit;
        while (progress.Examined < buffer.Length && progress.Kept < most && progress.Skipped <= limit)
        {
            ReadOnlySpan<byte> left = buffer[progress.Examined..];
            if (!_hasLines && progress.Kept > 0 && (Part)progress.State == Part.Subnegotiation)
            {
                break; // What came before is a message, whatever becomes of this.
            }

            if ((Part)progress.State is not (Part.Text or Part.AfterReturn))
            {
                TakeCommand(buffer, left, ref progress);
                continue;
            }

            int plain = PlainText(left, (Part)progress.State);
            if (plain > 0)
            {
                progress.State = (int)Part.Text;
                progress.Keep(buffer, Math.Min(plain, most - progress.Kept));
            }
            else if (left[0] == Command)
            {
                Drop(ref progress, 1, Part.Command);
            }
            else if (!_hasLines)
            {
                TakeReturn(buffer, left[0], ref progress);
            }
            else if (left[0] == LineFeed || (left.Length > 1 && left[1] is LineFeed or Nul))
            {
                frame = new Frame(0, progress.Kept, progress.Examined + (left[0] == LineFeed ? 1 : 2));
                return progress.Kept > limit ? FrameStatus.TooLong : FrameStatus.Complete;
            }
            else if (left.Length == 1)
            {
                break; // What this CR means depends on the next byte.
            }
            else
            {
                progress.Keep(buffer, 1);
            }
        }

        bool isTooLong = progress.Kept > limit || progress.Skipped > limit;
        bool isRead = !_hasLines && progress.Kept > 0;
        frame = new Frame(0, isTooLong ? Math.Max(progress.Kept, progress.Skipped) : progress.Kept, progress.Examined);
        return isTooLong ? FrameStatus.TooLong : isRead ? FrameStatus.Complete : FrameStatus.Incomplete;
    }

    internal override ReadOnlySpan<byte> Rest(Span<byte> buffer, FrameProgress progress)
    {
        // A CR at the end may still be unexamined.
        progress.Keep(buffer, buffer.Length - progress.Examined);
        return buffer[..progress.Kept];
    }

    internal override int EncodedLength(ReadOnlySpan<byte> payload)
    {
        int added = payload.Count(Command) + (_hasLines ? 2 : 0);
        for (int i = 0; i < payload.Length; i++)
        {
            added += IsLoneReturn(payload, i) ? 1 : 0;
        }

        return checked(payload.Length + added);
    }

    internal override void Encode(ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        int at = 0;
        for (int i = 0; i < payload.Length; i++)
        {
            destination[at++] = payload[i];
            if (payload[i] == Command)
            {
                destination[at++] = Command;
            }
            else if (IsLoneReturn(payload, i))
            {
                destination[at++] = Nul;
            }
        }

        if (_hasLines)
        {
            destination[at] = Return;
            destination[at + 1] = LineFeed;
        }
    }

    private static bool IsLoneReturn(ReadOnlySpan<byte> payload, int index)
        => payload[index] == Return && !(index + 1 < payload.Length && payload[index + 1] == LineFeed);

    private static void Drop(ref FrameProgress progress, int count, Part next)
    {
        progress.Drop(count);
        progress.State = (int)next;
    }

    /// <summary>How many bytes at the start mean nothing but themselves.</summary>
    private int PlainText(ReadOnlySpan<byte> left, Part part)
    {
        if (part == Part.AfterReturn && left[0] == Nul)
        {
            return 0;
        }

        int plain = _hasLines ? left.IndexOfAny(Return, LineFeed, Command) : left.IndexOfAny(Return, Command);
        return plain < 0 ? left.Length : plain;
    }

    /// <summary>A CR is text, and the NUL after it means nothing.</summary>
    private static void TakeReturn(Span<byte> buffer, byte next, ref FrameProgress progress)
    {
        if (next == Return)
        {
            progress.Keep(buffer, 1);
            progress.State = (int)Part.AfterReturn;
        }
        else
        {
            Drop(ref progress, 1, Part.Text);
        }
    }

    private static void TakeCommand(Span<byte> buffer, ReadOnlySpan<byte> left, ref FrameProgress progress)
    {
        byte next = left[0];
        switch ((Part)progress.State)
        {
            case Part.Command when next == Command:
                progress.Keep(buffer, 1);
                progress.State = (int)Part.Text;
                break;
            case Part.Command:
                progress.Skipped = 0;
                Drop(ref progress, 1, next switch
                {
                    Will => Part.WillOption,
                    Do => Part.DoOption,
                    Wont or Dont => Part.OtherOption,
                    SubnegotiationBegin => Part.Subnegotiation,
                    _ => Part.Text,
                });
                break;
            case Part.Subnegotiation:
                int end = left.IndexOf(Command);
                int count = end < 0 ? left.Length : end + 1;
                progress.Skipped += count;
                Drop(ref progress, count, end < 0 ? Part.Subnegotiation : Part.SubnegotiationCommand);
                break;
            case Part.SubnegotiationCommand:
                bool isOver = next == SubnegotiationEnd;
                progress.Skipped = isOver ? 0 : progress.Skipped + 1;
                Drop(ref progress, 1, isOver ? Part.Text : Part.Subnegotiation);
                break;
            default:
                if ((Part)progress.State != Part.OtherOption)
                {
                    progress.Answer([Command, (Part)progress.State == Part.DoOption ? Wont : Dont, next]);
                }

                Drop(ref progress, 1, Part.Text);
                break;
        }
    }
}
