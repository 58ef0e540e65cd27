using System.Buffers.Text;

namespace PSNetLab.Engine.Framing;

/// <summary>
/// A message is preceded by its length in decimal digits and a mark: a space (RFC 6587, section 3.4.1), or a colon, and then a comma
/// ends it (netstrings).
/// </summary>
internal sealed class CountFraming : MessageFraming
{
    /// <summary>Octet counting of syslog, which knows no empty message.</summary>
    internal static readonly CountFraming OctetCount = new("OctetCount", (byte)' ', string.Empty, least: 1);

    internal static readonly CountFraming Netstring = new("Netstring", (byte)':', ",", least: 0);

    private const int MostShown = 20;

    private readonly byte _mark;
    private readonly byte[] _end;
    private readonly int _least;

    private CountFraming(string name, byte mark, string end, int least)
        : base(name)
        => (_mark, _end, _least) = (mark, System.Text.Encoding.ASCII.GetBytes(end), least);

    internal override FrameStatus TryRead(Span<byte> buffer, int limit, ref FrameProgress progress, out Frame frame)
    {
        frame = default;
        long length = 0;
        int digits = 0;
        for (; digits < buffer.Length && buffer[digits] is >= (byte)'0' and <= (byte)'9'; digits++)
        {
            if (digits > 0 && length == 0)
            {
                return FrameStatus.Malformed; // a leading zero
            }

            length = (length * 10) + (buffer[digits] - '0');
            if (length > limit)
            {
                // Whatever follows: more digits only make it longer.
                frame = new Frame(digits + 1, length, 0);
                return FrameStatus.TooLong;
            }
        }

        if (digits == buffer.Length)
        {
            return FrameStatus.Incomplete;
        }

        int start = digits + 1;
        if (digits == 0 || buffer[digits] != _mark || length < _least)
        {
            return FrameStatus.Malformed;
        }

        int end = start + (int)length;
        if (buffer.Length < end + _end.Length)
        {
            return FrameStatus.Incomplete;
        }

        frame = new Frame(start, length, end + _end.Length);
        return buffer[end..].StartsWith(_end) ? FrameStatus.Complete : FrameStatus.Malformed;
    }

    internal override ReadOnlySpan<byte> Rest(Span<byte> buffer, FrameProgress progress)
    {
        int mark = buffer.IndexOf(_mark);
        return mark < 0 ? default : buffer[(mark + 1)..];
    }

    internal override string Complaint(ReadOnlySpan<byte> buffer)
    {
        string begins = System.Text.Encoding.ASCII.GetString(buffer[..Math.Min(buffer.Length, MostShown)]);
        string shown = string.Concat(begins.Select(one => char.IsControl(one) ? '.' : one));
        return _end.Length == 0
            ? $"it begins with '{shown}', not with its length in digits and a space. A sender that ends messages with LF needs the "
                + "framing Line here"
            : $"it begins with '{shown}', not with its length in digits and a colon, or does not end with a comma";
    }

    internal override int EncodedLength(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < _least)
        {
            throw new NetLabException(
                FaultKind.MessageLengthMismatch,
                $"The message is empty, which {Name} does not allow. Leave it out, or choose another -Framing.");
        }

        return checked(payload.Length + CountDigits(payload.Length) + 1 + _end.Length);
    }

    internal override void Encode(ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        Utf8Formatter.TryFormat(payload.Length, destination, out int digits);
        destination[digits] = _mark;
        payload.CopyTo(destination[(digits + 1)..]);
        _end.CopyTo(destination[(digits + 1 + payload.Length)..]);
    }

    private static int CountDigits(int number)
    {
        int digits = 1;
        for (; number >= 10; number /= 10)
        {
            digits++;
        }

        return digits;
    }
}
