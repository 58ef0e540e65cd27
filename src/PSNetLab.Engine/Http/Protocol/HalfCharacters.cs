using System.Globalization;

namespace PSNetLab.Engine.Http.Protocol;

/// <summary>Mends escapes in JSON that stand for one half of a surrogate pair without the other.</summary>
internal static class HalfCharacters
{
    private const int EscapeLength = 6;

    /// <summary>The JSON with U+FFFD in place of each half; the same memory if there is none.</summary>
    internal static ReadOnlyMemory<byte> Mend(ReadOnlyMemory<byte> json)
    {
        ReadOnlySpan<byte> text = json.Span;
        byte[]? mended = null;
        int at = 0;
        while (text[at..].IndexOf((byte)'\\') is >= 0 and int next)
        {
            at += next;
            int unit = Unit(text[at..]);
            bool isPair = unit >= 0 && char.IsHighSurrogate((char)unit) && Unit(text[(at + EscapeLength)..]) is >= 0 and int low
                && char.IsLowSurrogate((char)low);
            if (!isPair && unit >= 0 && char.IsSurrogate((char)unit))
            {
                mended ??= text.ToArray();
                "\\ufffd"u8.CopyTo(mended.AsSpan(at));
            }

            at = Math.Min(text.Length, at + (isPair ? 2 * EscapeLength : unit >= 0 ? EscapeLength : 2));
        }

        return mended ?? json;
    }

    /// <summary>The unit of UTF-16 that an escape stands for; -1 if this is none.</summary>
    private static int Unit(ReadOnlySpan<byte> text) => text.StartsWith("\\u"u8) && text.Length >= EscapeLength
        && int.TryParse(text[2..EscapeLength], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int unit) ? unit : -1;
}
