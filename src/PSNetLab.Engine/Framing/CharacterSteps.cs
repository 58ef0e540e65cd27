using System.Text;

namespace PSNetLab.Engine.Framing;

/// <summary>
/// The sizes of the characters of an encoding in which the bytes of one character may look like those of another: UTF-16 and the
/// double-byte encodings. In them, text can only be found from character to character.
/// </summary>
internal sealed class CharacterSteps
{
    private const int Utf16 = 1200;
    private const int Utf16BigEndian = 1201;
    private const int Utf32 = 12000;
    private const int Utf32BigEndian = 12001;
    private const int Gb18030 = 54936;

    private readonly byte[] _byFirstByte = new byte[256];
    private readonly bool _hasFourBytes;

    private CharacterSteps(Encoding encoding)
    {
        _hasFourBytes = encoding.CodePage == Gb18030;
        Decoder decoder = encoding.GetDecoder();
        for (int first = 0; first < 256; first++)
        {
            decoder.Reset();
            _byFirstByte[first] = encoding.CodePage switch
            {
                Utf16 or Utf16BigEndian => 2,
                Utf32 or Utf32BigEndian => 4,

                // The first byte of a longer character is no character yet.
                _ => decoder.GetCharCount([(byte)first], 0, 1, flush: false) == 0 ? (byte)2 : (byte)1,
            };
        }
    }

    /// <summary>The steps of an encoding; null if a search for the bytes of this text finds nothing else.</summary>
    internal static CharacterSteps? For(Encoding encoding, ReadOnlySpan<byte> text)
    {
        bool isWide = encoding.CodePage is Utf16 or Utf16BigEndian or Utf32 or Utf32BigEndian;

        // Double-byte encodings use no control characters, spaces or punctuation below '0' inside of a character.
        bool isUnmistakable = encoding.IsSingleByte || encoding is UTF8Encoding || (!isWide && !text.IsEmpty && text[0] < '0');
        return isUnmistakable ? null : new CharacterSteps(encoding);
    }

    /// <summary>
    /// Whether the bytes of a text are the same within a longer text, and mean nothing else there. It is not so in encodings that shift,
    /// such as ISO-2022-JP, for what is no control character.
    /// </summary>
    internal static bool CanFind(string text, Encoding encoding)
        => IsSteady(text, encoding) && (IsSteady("一", encoding) || text.All(one => one <= ' '));

    private static bool IsSteady(string text, Encoding encoding)
    {
        byte[] once = encoding.GetBytes(text);
        return encoding.GetBytes(text + text).AsSpan().SequenceEqual([.. once, .. once]);
    }

    /// <summary>The number of bytes of the character at the start of <paramref name="text"/>, which may end before it does.</summary>
    internal int At(ReadOnlySpan<byte> text)
    {
        int step = _byFirstByte[text[0]];
        return _hasFourBytes && step == 2 && text.Length > 1 && text[1] is >= (byte)'0' and <= (byte)'9' ? 4 : step;
    }
}
