using System.Text;

namespace PSNetLab.Engine.Capture.Views;

/// <summary>The text of a conversation's events. A character that two reads divide belongs to the one with its last byte.</summary>
internal sealed class ConversationText
{
    // No character, and nothing that changes how those behind it are read, has more bytes in any encoding.
    private const int MostBytesOfCharacter = 8;

    private readonly Decoder?[] _decoders = new Decoder?[2];

    /// <summary>
    /// The text of the next event with bytes. Those at its end that are no whole character follow in hexadecimal, in brackets.
    /// </summary>
    internal string Of(NetTranscriptEvent item)
    {
        if (item.Protocol == NetTranscriptProtocol.Udp)
        {
            return item.Text!; // a datagram is whole
        }

        Decoder decoder = _decoders[(int)item.Direction!.Value] ??= item.TextEncoding.GetDecoder();
        ReadOnlySpan<byte> bytes = item.Bytes;
        char[] text = new char[item.TextEncoding.GetMaxCharCount(bytes.Length)];
        int whole = Math.Max(bytes.Length - MostBytesOfCharacter, 0);
        int count = decoder.GetChars(bytes[..whole], text, flush: false);
        for (int end = whole; end < bytes.Length; end++)
        {
            int more = decoder.GetChars(bytes.Slice(end, 1), text.AsSpan(count), flush: false);
            count += more;
            whole = more > 0 ? end + 1 : whole;
        }

        string said = new(text, 0, count);
        return whole < bytes.Length ? $"{said}[{Convert.ToHexString(bytes[whole..])}]" : said;
    }

    /// <summary>Call this when bytes are missing: what follows does not complete what came before.</summary>
    internal void Forget(NetTranscriptDirection direction) => _decoders[(int)direction] = null;
}
