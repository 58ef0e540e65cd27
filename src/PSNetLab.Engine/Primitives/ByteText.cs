using System.Buffers;
using System.Text;

namespace PSNetLab.Engine.Primitives;

/// <summary>
/// Text of bytes that are usually UTF-8, and back. A byte that is not UTF-8 is a lone surrogate, U+DC00 plus its value, which no
/// UTF-8 stands for, so the same bytes come back.
/// </summary>
/// <remarks>Names of files on Linux are bytes: those of an archive from a Chinese Windows are in GBK.</remarks>
internal static class ByteText
{
    private const char First = '\uDC80';
    private const char Last = '\uDCFF';
    private const int Offset = 0xDC00;

    /// <summary>Whether the text has bytes that are not UTF-8.</summary>
    internal static bool HasBytes(ReadOnlySpan<char> text) => FirstByte(text) >= 0;

    /// <summary>Whether this is a byte that is not UTF-8.</summary>
    internal static bool IsByte(Rune rune, char character, out byte value)
    {
        value = (byte)(character - Offset);
        return rune == Rune.ReplacementChar && character is >= First and <= Last;
    }

    internal static string Decode(ReadOnlySpan<byte> bytes)
    {
        char[] text = ArrayPool<char>.Shared.Rent(bytes.Length);
        string decoded = new(text, 0, Decode(bytes, text));
        ArrayPool<char>.Shared.Return(text);
        return decoded;
    }

    /// <summary>Decodes into a span that has a character for each byte, and returns how many are used.</summary>
    internal static int Decode(ReadOnlySpan<byte> bytes, Span<char> text)
    {
        int length = 0;
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out Rune rune, out int consumed) == OperationStatus.Done)
            {
                length += rune.EncodeToUtf16(text[length..]);
            }
            else
            {
                foreach (byte octet in bytes[..consumed])
                {
                    text[length++] = (char)(Offset + octet);
                }
            }

            bytes = bytes[consumed..];
        }

        return length;
    }

    internal static byte[] Encode(ReadOnlySpan<char> text)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        int length = 0;
        while (!text.IsEmpty)
        {
            int plain = FirstByte(text);
            ReadOnlySpan<char> run = plain < 0 ? text : text[..plain];
            length += Encoding.UTF8.GetBytes(run, bytes.AsSpan(length));
            if (plain < 0)
            {
                break;
            }

            bytes[length++] = (byte)(text[plain] - Offset);
            text = text[(plain + 1)..];
        }

        return bytes[..length];
    }

    /// <summary>The text with U+FFFD for each byte that is not UTF-8.</summary>
    internal static string Readable(string text)
        => HasBytes(text) ? Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) : text;

    // The second half of a pair is no byte.
    private static int FirstByte(ReadOnlySpan<char> text)
    {
        int start = 0;
        while (text[start..].IndexOfAnyInRange(First, Last) is >= 0 and int next)
        {
            start += next;
            if (start == 0 || !char.IsHighSurrogate(text[start - 1]))
            {
                return start;
            }

            start++;
        }

        return -1;
    }
}
