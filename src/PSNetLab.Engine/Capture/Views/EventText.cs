using System.Globalization;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Capture.Views;

/// <summary>What the views of a transcript say about an event.</summary>
internal static class EventText
{
    /// <summary>Seconds since the conversation began.</summary>
    internal static string Seconds(NetTranscriptEvent item) => item.Elapsed.TotalSeconds.ToString("0.000000", CultureInfo.InvariantCulture);

    internal static string Arrow(NetTranscriptDirection? direction) => direction switch
    {
        NetTranscriptDirection.ToServer => "-->",
        NetTranscriptDirection.ToClient => "<--",
        _ => "---",
    };

    internal static string Bytes(long length)
        => string.Create(CultureInfo.InvariantCulture, $"{length} {(length == 1 ? "byte" : "bytes")}");

    /// <summary>Whether the bytes of a text are better seen than read.</summary>
    internal static bool IsBinary(string text)
        => text.Any(character => character is '\ufffd' or < ' ' and not ('\t' or '\r' or '\n' or '\u001b' or '\0') or '\x7f');

    /// <summary>The lines of a text, each with its end, with a symbol for every control character.</summary>
    internal static IEnumerable<string> Lines(string text)
    {
        for (int start = 0; start < text.Length;)
        {
            int end = text.IndexOf('\n', start);
            int next = end < 0 ? text.Length : end + 1;
            yield return PeerText.Visible(text[start..next]);
            start = next;
        }
    }

    /// <summary>A sentence about an event without bytes.</summary>
    internal static string Of(NetTranscriptEvent item) => item.Kind switch
    {
        NetTranscriptKind.Opened when item.Protocol == NetTranscriptProtocol.Udp => "first datagram of this client",
        NetTranscriptKind.Opened => "SYN, SYN ACK, ACK",
        NetTranscriptKind.HalfClosed => "FIN",
        NetTranscriptKind.Reset => "RST",
        NetTranscriptKind.Closed => "closed",
        NetTranscriptKind.Fault => $"fault: {PeerText.Visible(item.Detail ?? string.Empty)}",
        NetTranscriptKind.Dropped => $"{Bytes(item.Length)} missing: {PeerText.Visible(item.Detail ?? string.Empty)}",
        _ => string.Empty,
    };
}
