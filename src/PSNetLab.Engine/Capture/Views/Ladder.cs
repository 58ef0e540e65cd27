using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Capture.Views;

/// <summary>A row of the picture with two lanes.</summary>
/// <param name="Time">When; empty if the row belongs to the one before.</param>
/// <param name="Client">The state that the client is in from now on; empty if it does not change.</param>
/// <param name="Server">The same of the server.</param>
/// <param name="Direction">Where its arrow points; null for a text without one.</param>
/// <param name="Text">What is on the arrow.</param>
/// <param name="Kind">The event.</param>
internal sealed record LadderRow(
    string Time, string Client, string Server, NetTranscriptDirection? Direction, string Text, NetTranscriptKind Kind);

/// <summary>Tells a conversation as rows of a picture: client and server, and an arrow for everything that goes between them.</summary>
/// <remarks>The handshake, and what acknowledges the end of a stream, is TCP's own and never seen here; it must have been so.</remarks>
internal sealed class Ladder
{
    private const int MostLines = 12;

    private readonly TcpStates _states = new();
    private readonly ConversationText _text = new();

    /// <summary>The rows of the next event.</summary>
    internal IEnumerable<LadderRow> Rows(NetTranscriptEvent item)
    {
        bool isTcp = item.Protocol == NetTranscriptProtocol.Tcp;
        string time = EventText.Seconds(item);
        if (item is { Kind: NetTranscriptKind.Dropped, Direction: { } direction })
        {
            _text.Forget(direction);
        }

        switch (item.Kind)
        {
            case NetTranscriptKind.Opened when isTcp:
                return Opened(item, time);
            case NetTranscriptKind.Opened:
                return [];
            case NetTranscriptKind.Data:
                return Data(item, time);
            case NetTranscriptKind.HalfClosed:
                return End(item, time);
            case NetTranscriptKind.Reset:
                _states.Apply(item);
                return [new LadderRow(time, _states.Client, _states.Server, item.Direction, "RST", item.Kind)];
            default:
                return [new LadderRow(time, string.Empty, string.Empty, null, EventText.Of(item), item.Kind)];
        }
    }

    private static IEnumerable<LadderRow> Opened(NetTranscriptEvent item, string time)
    {
        yield return new LadderRow(time, TcpStates.SynSent, TcpStates.SynReceived, NetTranscriptDirection.ToServer, "SYN", item.Kind);
        yield return new LadderRow(
            string.Empty, TcpStates.Established, string.Empty, NetTranscriptDirection.ToClient, "SYN ACK", item.Kind);
        yield return new LadderRow(
            string.Empty, string.Empty, TcpStates.Established, NetTranscriptDirection.ToServer, "ACK", item.Kind);
        if (item.Detail is { } tls)
        {
            yield return new LadderRow(string.Empty, string.Empty, string.Empty, null, PeerText.Visible(tls), item.Kind);
        }
    }

    private IEnumerable<LadderRow> Data(NetTranscriptEvent item, string time)
    {
        string bytes = EventText.Bytes(item.Length);
        string said = _text.Of(item);
        if (EventText.IsBinary(said))
        {
            const int Most = 12;
            string hex = Convert.ToHexString(item.Bytes!.AsSpan(0, Math.Min(item.Bytes!.Length, Most)));
            string more = item.Bytes.Length > Most ? "\u2026" : string.Empty;
            return [new LadderRow(time, string.Empty, string.Empty, item.Direction, $"{bytes}: {hex}{more}", item.Kind)];
        }

        string[] lines = [.. EventText.Lines(said).Take(MostLines + 1)];
        if (lines.Length <= 1)
        {
            string text = lines.Length == 0 ? bytes : $"{bytes}: {lines[0]}";
            return [new LadderRow(time, string.Empty, string.Empty, item.Direction, text, item.Kind)];
        }

        if (lines.Length > MostLines)
        {
            lines[MostLines] = "\u2026";
        }

        return lines.Select(line => new LadderRow(string.Empty, string.Empty, string.Empty, null, line, item.Kind))
            .Append(new LadderRow(time, string.Empty, string.Empty, item.Direction, bytes, item.Kind));
    }

    private IEnumerable<LadderRow> End(NetTranscriptEvent item, string time)
    {
        bool isSecond = _states.HasOneEnd;
        bool isClient = item.Direction == NetTranscriptDirection.ToServer;
        _states.Apply(item);
        string sender = isSecond ? TcpStates.LastAck : TcpStates.FinWait1;
        string receiver = isSecond ? TcpStates.TimeWait : TcpStates.CloseWait;
        string after = isSecond ? TcpStates.Closed : TcpStates.FinWait2;
        yield return new LadderRow(
            time, isClient ? sender : receiver, isClient ? receiver : sender, item.Direction, "FIN", item.Kind);
        yield return new LadderRow(
            string.Empty, isClient ? after : string.Empty, isClient ? string.Empty : after, 1 - item.Direction, "ACK", item.Kind);
    }
}
