using System.Buffers.Binary;
using System.Text;

namespace PSNetLab.Engine.Http.WebSockets;

/// <summary>Writes frames of a server: unmasked, and each message in one frame.</summary>
internal static class WebSocketFrame
{
    internal const int MostReasonBytes = 123;

    internal static byte[] Text(ReadOnlySpan<byte> utf8) => Write(1, utf8);

    internal static byte[] Binary(ReadOnlySpan<byte> data) => Write(2, data);

    internal static byte[] Ping(ReadOnlySpan<byte> data) => Write(9, data);

    internal static byte[] Pong(ReadOnlySpan<byte> data) => Write(10, data);

    /// <summary>A Close frame.</summary>
    /// <param name="code">The code; one that must not be sent gives a frame without any.</param>
    /// <param name="reason">The reason; what is too long for a frame is cut.</param>
    internal static byte[] Close(int code, string reason)
    {
        if (!WebSocketCode.MayBeSent(code))
        {
            return Write(8, []);
        }

        Span<byte> payload = stackalloc byte[2 + MostReasonBytes];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        Encoding.UTF8.GetEncoder().Convert(reason, payload[2..], flush: true, out _, out int length, out _);
        return Write(8, payload[..(2 + length)]);
    }

    private static byte[] Write(byte opcode, ReadOnlySpan<byte> payload)
    {
        int head = payload.Length < 126 ? 2 : payload.Length <= ushort.MaxValue ? 4 : 10;
        byte[] frame = new byte[head + payload.Length];
        frame[0] = (byte)(0x80 | opcode);
        frame[1] = head switch
        {
            2 => (byte)payload.Length,
            4 => 126,
            _ => 127,
        };
        if (head == 4)
        {
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)payload.Length);
        }
        else if (head == 10)
        {
            BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(2), (ulong)payload.Length);
        }

        payload.CopyTo(frame.AsSpan(head));
        return frame;
    }
}
