using System.Text;

namespace PSNetLab.Engine.Primitives;

/// <summary>Text encodings.</summary>
internal static class TextEncoding
{
    // Invalid bytes appear as U+FFFD in every encoding. Most encodings would use '?', which looks like one that was sent.
    private static readonly EncoderFallback s_encode = EncoderFallback.ReplacementFallback;
    private static readonly DecoderFallback s_decode = new DecoderReplacementFallback("\ufffd");

    /// <summary>UTF-8 without a byte order mark.</summary>
    internal static readonly Encoding Default = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    /// <summary>The encoding of this name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    /// <exception cref="NotSupportedException">It is not supported, as UTF-7.</exception>
    internal static Encoding Find(string name)
        => CodePagesEncodingProvider.Instance.GetEncoding(name, s_encode, s_decode) ?? Encoding.GetEncoding(name, s_encode, s_decode);

    /// <summary>The encoding of this code page.</summary>
    /// <inheritdoc cref="Find(string)"/>
    internal static Encoding Find(int codePage) => CodePagesEncodingProvider.Instance.GetEncoding(codePage, s_encode, s_decode)
        ?? Encoding.GetEncoding(codePage, s_encode, s_decode);
}
