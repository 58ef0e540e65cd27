using System.Text;

namespace PSNetLab.Engine.Http.Protocol;

/// <summary>
/// Decodes percent-encoded text (RFC 3986, section 2.1), once. A percent sign without two hexadecimal digits stays as it is.
/// </summary>
internal static class PercentText
{
    private const int StackBytes = 512;

    /// <summary>The text, as UTF-8 if the bytes are that, otherwise as Latin-1.</summary>
    /// <param name="encoded">The text as received.</param>
    /// <param name="isForm">Whether '+' is a space, as in forms and queries.</param>
    internal static string Decode(ReadOnlySpan<byte> encoded, bool isForm = false)
    {
        if (!encoded.Contains((byte)'%') && !(isForm && encoded.Contains((byte)'+')))
        {
            return HttpSyntax.ToText(encoded);
        }

        Span<byte> decoded = encoded.Length <= StackBytes ? stackalloc byte[StackBytes] : new byte[encoded.Length];
        return HttpSyntax.ToText(decoded[..Decode(encoded, decoded, isForm)]);
    }

    /// <summary>Decodes into memory that is at least as long, and returns the number of bytes.</summary>
    internal static int Decode(ReadOnlySpan<byte> encoded, Span<byte> decoded, bool isForm = false)
    {
        int length = 0;
        for (int i = 0; i < encoded.Length; i++)
        {
            byte value = encoded[i];
            if (value == '%' && HttpSyntax.TryReadHex(encoded[(i + 1)..], out byte escaped))
            {
                value = escaped;
                i += 2;
            }
            else if (isForm && value == '+')
            {
                value = (byte)' ';
            }

            decoded[length++] = value;
        }

        return length;
    }

    /// <summary>The bytes that a text stands for, which are UTF-8 unless it escapes others.</summary>
    internal static byte[] Decode(string encoded)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(encoded);
        byte[] decoded = new byte[bytes.Length];
        return decoded[..Decode(bytes, decoded)];
    }
}
