using System.Buffers;
using System.Globalization;
using System.Text;

namespace PSNetLab.Engine.Terminal;

/// <summary>Reads text in which a backslash stands for what cannot be typed.</summary>
internal static class EscapedText
{
    /// <summary>What may follow a backslash.</summary>
    internal const string Known = @"\r \n \t \0 \a \e \\ \x1b \u20ac";

    /// <summary>The bytes of a text.</summary>
    /// <exception cref="NetLabException">A backslash is followed by something else.</exception>
    internal static byte[] Parse(string text, Encoding encoding)
    {
        ArrayBufferWriter<byte> bytes = new();
        StringBuilder plain = new();
        for (int index = 0; index < text.Length; index++)
        {
            if (text[index] != '\\')
            {
                plain.Append(text[index]);
                continue;
            }

            char kind = index + 1 < text.Length ? text[++index] : '\0';
            int digits = kind switch { 'x' => 2, 'u' => 4, _ => 0 };
            if (digits == 0)
            {
                plain.Append(Simple(kind));
                continue;
            }

            int value = 0;
            bool isNumber = index + digits < text.Length && int.TryParse(
                text.AsSpan(index + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
            if (!isNumber)
            {
                throw Wrong($"\\{kind}");
            }

            index += digits;
            if (kind == 'u')
            {
                plain.Append((char)value);
                continue;
            }

            Flush();
            bytes.Write([(byte)value]);
        }

        Flush();
        return bytes.WrittenSpan.ToArray();

        void Flush()
        {
            bytes.Write(encoding.GetBytes(plain.ToString()));
            plain.Clear();
        }
    }

    private static char Simple(char kind) => kind switch
    {
        'r' => '\r',
        'n' => '\n',
        't' => '\t',
        '0' => '\0',
        'a' => '\a',
        'e' => '\u001b',
        '\\' => '\\',
        _ => throw Wrong(kind == '\0' ? "\\ at the end" : $"\\{kind}"),
    };

    private static NetLabException Wrong(string what)
        => new(FaultKind.InvalidParameters, $"{what} stands for nothing. After a backslash, these are known: {Known}.");
}
