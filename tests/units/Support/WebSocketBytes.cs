namespace PSNetLab.Engine.Tests;

/// <summary>Frames of a client, as RFC 6455, section 5.2, draws them; wrong ones, too.</summary>
internal static class WebSocketBytes
{
    internal static byte[] Text(string text, bool isFinal = true) => Frame(isFinal ? 0x81 : 0x01, System.Text.Encoding.UTF8.GetBytes(text));

    internal static byte[] Close(int code, string reason = "")
        => Frame(0x88, [(byte)(code >> 8), (byte)code, .. System.Text.Encoding.UTF8.GetBytes(reason)]);

    /// <param name="first">The first byte: FIN, the reserved bits, the opcode.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="isMasked">Whether it is masked, as it has to be.</param>
    /// <param name="lengthBytes">How many bytes the length has besides the seven bits; -1 for as few as possible.</param>
    internal static byte[] Frame(int first, byte[] payload, bool isMasked = true, int lengthBytes = -1)
    {
        int more = lengthBytes >= 0 ? lengthBytes : payload.Length < 126 ? 0 : payload.Length < 65536 ? 2 : 8;
        List<byte> frame = [(byte)first, (byte)((isMasked ? 0x80 : 0) | (more == 0 ? payload.Length : more == 2 ? 126 : 127))];
        for (int i = more - 1; i >= 0; i--)
        {
            frame.Add((byte)((long)payload.Length >> (8 * i)));
        }

        byte[] mask = [0x37, 0xFA, 0x21, 0x3D];
        if (isMasked)
        {
            frame.AddRange(mask);
        }

        for (int i = 0; i < payload.Length; i++)
        {
            frame.Add(isMasked ? (byte)(payload[i] ^ mask[i % 4]) : payload[i]);
        }

        return [.. frame];
    }
}
