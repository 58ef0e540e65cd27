namespace PSNetLab.Engine.Framing;

/// <summary>
/// A message whose length in bytes is before it, or at some place in its header: an unsigned integer that is no part of the message.
/// </summary>
internal sealed class LengthFraming : MessageFraming
{
    private readonly int _width;
    private readonly bool _littleEndian;
    private readonly int _offset;

    // What is announced, and this, is the number of bytes after the length.
    private readonly long _adjust;

    /// <param name="width">The bytes of the length.</param>
    /// <param name="littleEndian">Whether the least significant of them is the first.</param>
    /// <param name="offset">How many bytes of the message are before the length.</param>
    /// <param name="includes">What the length counts besides the bytes after it.</param>
    /// <param name="adjust">How many bytes more than announced there are.</param>
    internal LengthFraming(int width, bool littleEndian, int offset, LengthIncludes includes, int adjust)
        : base("Length" + (width * 8) + (littleEndian && width > 1 ? "LE" : string.Empty)
            + (offset > 0 ? $":Offset={offset}" : string.Empty)
            + (includes == LengthIncludes.Nothing ? string.Empty : $":Includes={includes}")
            + (adjust == 0 ? string.Empty : $":Adjust={adjust}"))
    {
        (_width, _littleEndian, _offset) = (width, littleEndian, offset);
        _adjust = adjust - includes switch
        {
            LengthIncludes.Length => width,
            LengthIncludes.Header => width + offset,
            _ => 0,
        };
    }

    private long MostAnnounced => _width == 8 ? long.MaxValue : (1L << (_width * 8)) - 1;

    internal override FrameStatus TryRead(Span<byte> buffer, int limit, ref FrameProgress progress, out Frame frame)
    {
        frame = default;
        int head = _offset + _width;
        if (buffer.Length < head)
        {
            return FrameStatus.Incomplete;
        }

        long following = Following(buffer);
        if (following < 0)
        {
            return FrameStatus.Malformed;
        }

        // Refused by the header alone, without waiting for the bytes or allocating memory for them.
        if (following > limit - _offset)
        {
            frame = new Frame(_width, _offset + following, 0);
            return FrameStatus.TooLong;
        }

        if (buffer.Length - head < following)
        {
            return FrameStatus.Incomplete;
        }

        CloseUp(buffer);
        frame = new Frame(_width, _offset + following, head + (int)following);
        return FrameStatus.Complete;
    }

    internal override ReadOnlySpan<byte> Rest(Span<byte> buffer, FrameProgress progress)
    {
        if (buffer.Length <= _offset + _width)
        {
            return buffer[..Math.Min(_offset, buffer.Length)];
        }

        CloseUp(buffer);
        return buffer[_width..];
    }

    internal override string Complaint(ReadOnlySpan<byte> buffer)
        => $"its length is {Following(buffer) - _adjust}, but with {Name} it must be at least {-_adjust}";

    internal override int EncodedLength(ReadOnlySpan<byte> payload)
    {
        long announced = payload.Length - _offset - _adjust;
        if (payload.Length < _offset || announced < 0)
        {
            throw new NetLabException(
                FaultKind.MessageLengthMismatch,
                $"The message has {payload.Length} bytes; with {Name} it needs at least {Math.Max(_offset, _offset + _adjust)}. "
                    + $"The first {_offset} are what comes before the length.");
        }

        if (announced > MostAnnounced)
        {
            throw new NetLabException(
                FaultKind.MessageTooLong,
                $"The message has {payload.Length} bytes; {Name} can announce at most {MostAnnounced + _offset + _adjust}. Use a wider "
                    + "length prefix, such as Length32.");
        }

        return checked(payload.Length + _width);
    }

    internal override void Encode(ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        payload[.._offset].CopyTo(destination);
        Span<byte> length = destination.Slice(_offset, _width);
        ulong left = (ulong)(payload.Length - _offset - _adjust);
        for (int i = 0; i < _width; i++, left >>= 8)
        {
            length[_littleEndian ? i : _width - 1 - i] = (byte)left;
        }

        payload[_offset..].CopyTo(destination[(_offset + _width)..]);
    }

    /// <summary>How many bytes follow the length; too large a number is only known to be that.</summary>
    private long Following(ReadOnlySpan<byte> buffer)
    {
        ReadOnlySpan<byte> length = buffer.Slice(_offset, _width);
        ulong announced = 0;
        for (int i = 0; i < _width; i++)
        {
            announced = (announced << 8) | length[_littleEndian ? _width - 1 - i : i];
        }

        return (long)Math.Min(announced, long.MaxValue / 2) + _adjust;
    }

    /// <summary>Takes the length out from between what is before and after it.</summary>
    private void CloseUp(Span<byte> buffer) => buffer[.._offset].CopyTo(buffer[_width..]);
}
