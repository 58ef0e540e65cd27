using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace PSNetLab.Engine.Http.Files;

/// <summary>Finds the charset of a text from its bytes. What they do not say is not guessed.</summary>
internal static class TextCharset
{
    /// <summary>How many bytes of a text to look at.</summary>
    internal const int MostBytes = 1024 * 1024;

    private const int MostBytesOfDeclaration = 256;
    private const int MostBytesOfCharacter = 4;

    /// <summary>The charset of a text; null if it is not known, or if the text declares it itself.</summary>
    /// <param name="text">The text, or its first <see cref="MostBytes"/>.</param>
    /// <param name="isWhole">Whether this is all of the text.</param>
    /// <param name="isXml">Whether it is XML.</param>
    internal static string? Find(ReadOnlySpan<byte> text, bool isWhole, bool isXml)
    {
        // The mark of UTF-32LE begins with that of UTF-16LE.
        if (text.StartsWith(new byte[] { 0xFF, 0xFE, 0, 0 }) || text.StartsWith(new byte[] { 0, 0, 0xFE, 0xFF }))
        {
            return "utf-32";
        }

        if (text.StartsWith(new byte[] { 0xFF, 0xFE }) || text.StartsWith(new byte[] { 0xFE, 0xFF }))
        {
            return "utf-16";
        }

        text = text.StartsWith(Encoding.UTF8.Preamble) ? text[Encoding.UTF8.Preamble.Length..] : text;

        // UTF-16 and UTF-32 have zeros, ISO-2022 has ESC; text in UTF-8 has neither.
        if ((isXml && DeclaresItself(text)) || text.ContainsAny((byte)0, (byte)0x1B))
        {
            return null;
        }

        if (isWhole)
        {
            return Utf8.IsValid(text) ? "utf-8" : null;
        }

        // Text in any charset may start with a megabyte of ASCII.
        text = WithoutCutCharacter(text);
        return Utf8.IsValid(text) && !Ascii.IsValid(text) ? "utf-8" : null;
    }

    private static bool DeclaresItself(ReadOnlySpan<byte> xml)
    {
        ReadOnlySpan<byte> declaration = xml[..Math.Min(xml.Length, MostBytesOfDeclaration)];
        int end = declaration.IndexOf("?>"u8);
        return end >= 0 && declaration.StartsWith("<?xml"u8) && declaration[..end].IndexOf("encoding"u8) >= 0;
    }

    private static ReadOnlySpan<byte> WithoutCutCharacter(ReadOnlySpan<byte> text)
    {
        for (int length = 1; length < MostBytesOfCharacter && length <= text.Length; length++)
        {
            if (Rune.DecodeFromUtf8(text[^length..], out _, out _) == OperationStatus.NeedMoreData)
            {
                return text[..^length];
            }
        }

        return text;
    }
}
