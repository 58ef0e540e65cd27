using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>Text in units of more than a byte, in which no name would be found as it is.</summary>
internal sealed class WideText
{
    private readonly Encoding _encoding;
    private readonly bool _hasMark;

    private WideText(Encoding encoding, ReadOnlySpan<byte> body)
    {
        _encoding = encoding;
        _hasMark = body.StartsWith(encoding.Preamble);
    }

    /// <summary>How to read a body; null if it is no such text.</summary>
    /// <param name="body">The body.</param>
    /// <param name="charset">What its Content-Type says; null if that says nothing.</param>
    internal static WideText? Find(ReadOnlySpan<byte> body, string? charset)
    {
        Encoding? encoding = body switch
        {
            [0xFF, 0xFE, 0, 0, ..] => Encoding.UTF32,
            [0xFF, 0xFE, ..] => Encoding.Unicode,
            [0xFE, 0xFF, ..] => Encoding.BigEndianUnicode,
            [>= 0x20 or 9 or 10 or 13, 0, 0, 0, ..] => Encoding.UTF32,
            [0, 0, 0, >= 0x20, ..] => new UTF32Encoding(bigEndian: true, byteOrderMark: true),
            [>= 0x20 or 9 or 10 or 13, 0, >= 0x20 or 9 or 10 or 13, 0, ..] => Encoding.Unicode,
            [0, >= 0x20 or 9 or 10 or 13, 0, >= 0x20 or 9 or 10 or 13, ..] => Encoding.BigEndianUnicode,
            _ => null,
        };
        if (encoding is null && charset is not null)
        {
            // In the others, a name in ASCII is found in its bytes.
            encoding = ContentTypeField.FindCharset(charset);
            encoding = encoding?.GetBytes("=").AsSpan().SequenceEqual("="u8) == true ? null : encoding;
        }

        return encoding is null ? null : new WideText(encoding, body);
    }

    /// <summary>The same text in UTF-8.</summary>
    internal byte[] Read(byte[] body)
        => Encoding.UTF8.GetBytes(_encoding.GetString(body.AsSpan(_hasMark ? _encoding.Preamble.Length : 0)));

    /// <summary>Text in UTF-8 as the body was.</summary>
    internal byte[] Write(byte[] text)
        => [.. _hasMark ? _encoding.Preamble : default, .. _encoding.GetBytes(Encoding.UTF8.GetString(text))];
}
