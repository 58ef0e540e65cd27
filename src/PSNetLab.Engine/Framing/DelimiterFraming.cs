namespace PSNetLab.Engine.Framing;

/// <summary>A message ends with a fixed sequence of bytes, which is not part of it.</summary>
internal sealed class DelimiterFraming : MessageFraming
{
    /// <summary>Ends with LF; a CR before it is also removed, because line protocols allow both.</summary>
    internal static readonly DelimiterFraming Line = new("Line", "\n"u8.ToArray(), trimCarriageReturn: true);

    /// <summary>Ends with a zero byte.</summary>
    internal static readonly DelimiterFraming Null = new("Null", [0]);

    private readonly byte[] _delimiter;
    private readonly bool _trimCarriageReturn;

    internal DelimiterFraming(byte[] delimiter)
        : this("Delimiter:" + Convert.ToHexString(delimiter), delimiter)
    {
    }

    private DelimiterFraming(string name, byte[] delimiter, bool trimCarriageReturn = false)
        : base(name)
    {
        _delimiter = delimiter;
        _trimCarriageReturn = trimCarriageReturn;
    }

    internal override FrameStatus TryRead(ReadOnlySpan<byte> buffer, int limit, ref int examined, out Frame frame)
    {
        int index = buffer[examined..].IndexOf(_delimiter);
        if (index >= 0)
        {
            index += examined;
            int length = index;
            if (_trimCarriageReturn && length > 0 && buffer[length - 1] == '\r')
            {
                length--;
            }

            frame = new Frame(0, length, index + _delimiter.Length);
            return length > limit ? FrameStatus.TooLong : FrameStatus.Complete;
        }

        // The last bytes may be the start of a delimiter, so they are searched again together with what follows.
        examined = Math.Max(0, buffer.Length - (_delimiter.Length - 1));
        int pending = examined - (_trimCarriageReturn && buffer.Length > 0 && buffer[^1] == '\r' ? 1 : 0);
        frame = new Frame(0, pending, 0);
        return pending > limit ? FrameStatus.TooLong : FrameStatus.Incomplete;
    }

    internal override int EncodedLength(int payloadLength) => checked(payloadLength + _delimiter.Length);

    internal override void Encode(ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        payload.CopyTo(destination);
        _delimiter.CopyTo(destination[payload.Length..]);
    }
}
