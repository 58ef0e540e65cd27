using System.Globalization;
using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Capture.Files;

/// <summary>
/// Writes a transcript for people: each line of a dialogue with the side that said it, C: for the client and S: for the server. Events
/// that are not bytes are on lines that begin with #.
/// </summary>
internal sealed class PlainTextWriter(Stream stream) : TranscriptWriter
{
    private const int FlushCharacters = 64 * 1024;

    private readonly StringBuilder _text = new();
    private readonly Dictionary<(int Id, NetTranscriptDirection Direction), Decoder> _decoders = [];
    private (int Id, NetTranscriptDirection? Direction) _last = (-1, null);
    private bool _isInLine;

    internal override void Write(NetTranscriptEvent item)
    {
        if (_last.Id != item.ConnectionId)
        {
            EndLine();
            string protocol = item.Protocol.ToString().ToUpperInvariant();
            _text.Append(
                CultureInfo.InvariantCulture,
                $"# {Time(item)} connection {item.ConnectionId}, {protocol}: C = {item.Client}, S = {item.Server}\n");
        }

        if (item is { Kind: NetTranscriptKind.Data, Bytes: { } data, Direction: { } direction })
        {
            WriteData(item, data, direction);
        }
        else
        {
            EndLine();
            WriteNote(item);
        }

        _last = (item.ConnectionId, item.Direction);
        if (_text.Length >= FlushCharacters)
        {
            Flush();
        }
    }

    internal override void Finish()
    {
        EndLine();
        Flush();
    }

    private void Flush()
    {
        stream.Write(TextEncoding.Default.GetBytes(_text.ToString()));
        _text.Clear();
    }

    private void WriteData(NetTranscriptEvent item, byte[] data, NetTranscriptDirection direction)
    {
        bool isDatagram = item.Protocol == NetTranscriptProtocol.Udp;
        if (isDatagram || _last != (item.ConnectionId, direction))
        {
            EndLine();
        }

        string text = isDatagram ? item.Text! : Decode(item, data, direction);
        string side = direction == NetTranscriptDirection.ToServer ? "C: " : "S: ";
        ReadOnlySpan<char> rest = text;
        if (isDatagram && rest.IsEmpty)
        {
            _text.Append(side).Append('\n');
        }

        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf('\n');
            ReadOnlySpan<char> line = end < 0 ? rest : rest[..end];
            if (!_isInLine)
            {
                _text.Append(side);
            }

            _text.Append(PeerText.Visible((end > 0 && line[^1] == '\r' ? line[..^1] : line).ToString()));
            _isInLine = end < 0;
            if (end >= 0)
            {
                _text.Append('\n');
            }

            rest = end < 0 ? default : rest[(end + 1)..];
        }
    }

    // A character may be divided between two reads.
    private string Decode(NetTranscriptEvent item, byte[] data, NetTranscriptDirection direction)
    {
        if (!_decoders.TryGetValue((item.ConnectionId, direction), out Decoder? decoder))
        {
            _decoders.Add((item.ConnectionId, direction), decoder = item.TextEncoding.GetDecoder());
        }

        char[] text = new char[item.TextEncoding.GetMaxCharCount(data.Length)];
        return new string(text, 0, decoder.GetChars(data, text, flush: false));
    }

    private void WriteNote(NetTranscriptEvent item)
    {
        string what = item.Kind switch
        {
            NetTranscriptKind.Opened => "opened",
            NetTranscriptKind.HalfClosed => $"{Sender(item)} ends its stream",
            NetTranscriptKind.Reset => $"{Sender(item)} resets the connection",
            NetTranscriptKind.Closed => "closed",
            NetTranscriptKind.Dropped => $"{Number(item.Length)} bytes of {Sender(item)} are missing",
            _ => "fault",
        };
        string more = item.Detail is { } detail ? $": {PeerText.Visible(detail)}" : string.Empty;
        _text.Append(CultureInfo.InvariantCulture, $"# {Time(item)} {what}{more}\n");
        if (item.Kind == NetTranscriptKind.Closed)
        {
            _decoders.Remove((item.ConnectionId, NetTranscriptDirection.ToServer));
            _decoders.Remove((item.ConnectionId, NetTranscriptDirection.ToClient));
        }
    }

    private void EndLine()
    {
        if (_isInLine)
        {
            _text.Append('\n');
            _isInLine = false;
        }
    }

    private static string Sender(NetTranscriptEvent item) => item.Direction switch
    {
        NetTranscriptDirection.ToServer => "C",
        NetTranscriptDirection.ToClient => "S",
        _ => "one side",
    };

    private static string Time(NetTranscriptEvent item) => item.Moment.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture);

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
