using System.Buffers.Binary;

namespace PSNetLab.Engine.Framing;

/// <summary>A message is preceded by its length in bytes: an unsigned integer of 1, 2 or 4 bytes, not counting itself.</summary>
internal sealed class LengthFraming : MessageFraming
{
    private readonly int _headerBytes;
    private readonly bool _littleEndian;

    internal LengthFraming(int headerBytes, bool littleEndian)
        : base("Length" + (headerBytes * 8) + (littleEndian && headerBytes > 1 ? "LE" : string.Empty))
    {
        _headerBytes = headerBytes;
        _littleEndian = littleEndian;
    }

    internal override int HeaderBytes => _headerBytes;

    internal override FrameStatus TryRead(ReadOnlySpan<byte> buffer, int limit, ref int examined, out Frame frame)
    {
        frame = default;
        if (buffer.Length < _headerBytes)
        {
            return FrameStatus.Incomplete;
        }

        uint announced = _headerBytes switch
        {
            1 => buffer[0],
            2 => _littleEndian ? BinaryPrimitives.ReadUInt16LittleEndian(buffer) : BinaryPrimitives.ReadUInt16BigEndian(buffer),
            _ => _littleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(buffer) : BinaryPrimitives.ReadUInt32BigEndian(buffer),
        };

        // Refused by the header alone, without waiting for the bytes or allocating memory for them.
        if (announced > (uint)limit)
        {
            frame = new Frame(_headerBytes, announced, 0);
            return FrameStatus.TooLong;
        }

        int length = (int)announced;
        if (buffer.Length - _headerBytes < length)
        {
            return FrameStatus.Incomplete;
        }

        frame = new Frame(_headerBytes, length, _headerBytes + length);
        return FrameStatus.Complete;
    }

    internal override int EncodedLength(int payloadLength)
    {
        long most = (1L << (_headerBytes * 8)) - 1;
        if (payloadLength > most)
        {
            throw new NetLabException(
                FaultKind.MessageTooLong,
                $"The message has {payloadLength} bytes; {Name} can announce at most {most}. Use a wider length "
                    + "prefix, such as Length32.");
        }

        return checked(payloadLength + _headerBytes);
    }

    internal override void Encode(ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        switch (_headerBytes)
        {
            case 1:
                destination[0] = (byte)payload.Length;
                break;
            case 2 when _littleEndian:
                BinaryPrimitives.WriteUInt16LittleEndian(destination, (ushort)payload.Length);
                break;
            case 2:
                BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)payload.Length);
                break;
            case 4 when _littleEndian:
                BinaryPrimitives.WriteInt32LittleEndian(destination, payload.Length);
                break;
            default:
                BinaryPrimitives.WriteInt32BigEndian(destination, payload.Length);
                break;
        }

        payload.CopyTo(destination[_headerBytes..]);
    }
}
