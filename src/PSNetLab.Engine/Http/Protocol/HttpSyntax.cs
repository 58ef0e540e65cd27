using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace PSNetLab.Engine.Http.Protocol;

/// <summary>Character classes of the HTTP grammar, and small parsers built on them.</summary>
internal static class HttpSyntax
{
    private const string TokenCharacters = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>The characters of a token, called tchar in RFC 9110, section 5.6.2.</summary>
    internal static readonly SearchValues<byte> Token = SearchValues.Create(Encoding.ASCII.GetBytes(TokenCharacters));

    /// <summary>The characters of a token, to search text instead of bytes.</summary>
    internal static readonly SearchValues<char> TokenText = SearchValues.Create(TokenCharacters);

    /// <summary>Not allowed in a field value (RFC 9110, section 5.5): every control character except HTAB.</summary>
    internal static readonly SearchValues<byte> NotInValue = SearchValues.Create(Controls(most: 31, except: '\t'));

    /// <summary>
    /// Not allowed in a request target: space and control characters. <see cref="HttpTarget"/> checks bytes above ASCII.
    /// </summary>
    internal static readonly SearchValues<byte> NotInTarget = SearchValues.Create(Controls(most: ' '));

    // unreserved and sub-delims (RFC 3986, section 2).
    private static readonly SearchValues<byte> s_host = SearchValues.Create(
        "-._~!$&'()*+,;=0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    // The characters of IPv6 and future addresses (RFC 3986, section 3.2.2).
    private static readonly SearchValues<byte> s_addressLiteral = SearchValues.Create(
        "-._~!$&'()*+,;=:0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Moves both positions inwards over spaces and tabs, the OWS of RFC 9110, section 5.6.3.</summary>
    internal static void Trim(ReadOnlySpan<byte> bytes, ref int start, ref int end)
    {
        while (start < end && IsBlank(bytes[start]))
        {
            start++;
        }

        while (end > start && IsBlank(bytes[end - 1]))
        {
            end--;
        }
    }

    /// <summary>
    /// A trimmed value on one line: each fold is replaced by spaces (RFC 9112, section 5.2). Copies only where there is one.
    /// </summary>
    internal static ReadOnlySpan<byte> Unfold(ReadOnlySpan<byte> value)
    {
        if (!value.Contains((byte)'\n'))
        {
            return value;
        }

        byte[] line = value.ToArray();
        line.AsSpan().Replace((byte)'\r', (byte)' ');
        line.AsSpan().Replace((byte)'\n', (byte)' ');
        int start = 0;
        int end = line.Length;
        Trim(line, ref start, ref end);
        return line.AsSpan(start, end - start);
    }

    /// <summary>What the sender most likely wrote: UTF-8 if the bytes are valid UTF-8, otherwise Latin-1.</summary>
    internal static string ToText(ReadOnlySpan<byte> bytes)
        => (Utf8.IsValid(bytes) ? Encoding.UTF8 : Encoding.Latin1).GetString(bytes);

    internal static bool IsBlank(byte value) => value is (byte)' ' or (byte)'\t';

    /// <summary>Whether this is uri-host [ ":" port ] (RFC 9110, section 4.2). Empty text is, too.</summary>
    internal static bool IsAuthority(ReadOnlySpan<byte> text)
    {
        int hostLength = text.StartsWith("["u8) ? AddressLiteralLength(text) : NameLength(text);
        if (hostLength < 0)
        {
            return false;
        }

        ReadOnlySpan<byte> port = text[hostLength..];
        return port.IsEmpty || (port[0] == ':' && !port[1..].ContainsAnyExceptInRange((byte)'0', (byte)'9'));
    }

    /// <summary>Reads two hexadecimal digits.</summary>
    internal static bool TryReadHex(ReadOnlySpan<byte> text, out byte value)
    {
        value = 0;
        if (text.Length < 2 || !char.IsAsciiHexDigit((char)text[0]) || !char.IsAsciiHexDigit((char)text[1]))
        {
            return false;
        }

        value = (byte)((HexValue(text[0]) << 4) | HexValue(text[1]));
        return true;
    }

    /// <summary>The value of a hexadecimal digit. The caller has checked that it is one.</summary>
    internal static int HexValue(byte digit) => (digit & 0xF) + (digit > '9' ? 9 : 0);

    private static int AddressLiteralLength(ReadOnlySpan<byte> text)
    {
        int length = text.IndexOf((byte)']');
        return length > 1 && !text[1..length].ContainsAnyExcept(s_addressLiteral) ? length + 1 : -1;
    }

    private static int NameLength(ReadOnlySpan<byte> text)
    {
        int length = 0;
        while (true)
        {
            int known = text[length..].IndexOfAnyExcept(s_host);
            if (known < 0)
            {
                return text.Length;
            }

            length += known;
            if (text[length] != '%')
            {
                return length;
            }

            if (!TryReadHex(text[(length + 1)..], out _))
            {
                return -1;
            }

            length += 3;
        }
    }

    /// <summary>The codes from 0 to the most, and DEL. No LINQ, which would be compiled for bytes when the first server starts.</summary>
    private static byte[] Controls(int most, int except = -1)
    {
        byte[] codes = new byte[most + 2];
        int count = 0;
        for (int code = 0; code <= 127; code++)
        {
            if ((code <= most || code == 127) && code != except)
            {
                codes[count++] = (byte)code;
            }
        }

        Array.Resize(ref codes, count);
        return codes;
    }
}
