namespace PSNetLab.Engine.Framing;

/// <summary>
/// A message is preceded by its length, seven bits in each byte, the lowest first; all bytes but the last have the eighth bit set: how
/// messages of Protocol Buffers are put one after the other.
/// </summary>
internal sealed class VarintFraming : MessageFraming
{
    internal static readonly VarintFraming Instance = new();

    private const int MostBytes = 5;

    private VarintFraming()
        : base("Varint")
    {
    }

    internal override FrameStatus TryRead(Span<byte> buffer, int limit, ref FrameProgress progress, out Frame frame)
    {
        frame = default;
        int start = Header(buffer, out long length);
        if (start == 0)
        {
            return buffer.Length < MostBytes ? FrameStatus.Incomplete : FrameStatus.Malformed;
        }

        if (length > limit)
        {
            frame = new Frame(start, length, 0);
            return FrameStatus.TooLong;
        }

        if (buffer.Length - start < length)
        {
            return FrameStatus.Incomplete;
        }

        frame = new Frame(start, length, start + (int)length);
        return FrameStatus.Complete;
    }

    internal override ReadOnlySpan<byte> Rest(Span<byte> buffer, FrameProgress progress)
        => Header(buffer, out _) is > 0 and int start ? buffer[start..] : default;

    internal override string Complaint(ReadOnlySpan<byte> buffer) => $"its length has more than {MostBytes} bytes";

    internal override int EncodedLength(ReadOnlySpan<byte> payload)
    {
        int header = 1;
        for (int left = payload.Length >> 7; left > 0; left >>= 7)
        {
            header++;
        }

        return checked(header + payload.Length);
    }

    internal override void Encode(ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        int at = 0;
        int left = payload.Length;
        for (; left > 0x7F; left >>= 7)
        {
            destination[at++] = (byte)(left | 0x80);
        }

        destination[at++] = (byte)left;
        payload.CopyTo(destination[at..]);
    }

    /// <summary>How many bytes the length takes; 0 if its end is not there.</summary>
    private static int Header(ReadOnlySpan<byte> buffer, out long length)
    {
        length = 0;
        for (int i = 0; i < Math.Min(buffer.Length, MostBytes); i++)
        {
            length |= (long)(buffer[i] & 0x7F) << (7 * i);
            if (buffer[i] < 0x80)
            {
                return i + 1;
            }
        }

        return 0;
    }
}
