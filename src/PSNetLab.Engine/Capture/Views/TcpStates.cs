namespace PSNetLab.Engine.Capture.Views;

/// <summary>The states of both sides of a TCP connection (RFC 9293, section 3.3.2), as its events tell them.</summary>
/// <remarks>That a side has acknowledged what it got is assumed: its system does so at once.</remarks>
internal sealed class TcpStates
{
    internal const string SynSent = "SYN-SENT";
    internal const string SynReceived = "SYN-RCVD";
    internal const string Established = "ESTABLISHED";
    internal const string FinWait1 = "FIN-WAIT-1";
    internal const string FinWait2 = "FIN-WAIT-2";
    internal const string CloseWait = "CLOSE-WAIT";
    internal const string LastAck = "LAST-ACK";
    internal const string TimeWait = "TIME-WAIT";
    internal const string Closed = "CLOSED";

    private NetTranscriptDirection? _firstEnd;

    /// <summary>The state of the client.</summary>
    internal string Client { get; private set; } = Established;

    /// <summary>The state of the server.</summary>
    internal string Server { get; private set; } = Established;

    /// <summary>Whether the end of the stream that comes next is the second.</summary>
    internal bool HasOneEnd => _firstEnd is not null;

    internal void Apply(NetTranscriptEvent item)
    {
        if (item.Kind == NetTranscriptKind.Reset)
        {
            (Client, Server) = (Closed, Closed);
        }
        else if (item is { Kind: NetTranscriptKind.HalfClosed, Direction: { } direction })
        {
            bool isSecond = _firstEnd is { } first && first != direction;
            _firstEnd ??= direction;
            string sender = isSecond ? Closed : FinWait2;
            string receiver = isSecond ? TimeWait : CloseWait;
            (Client, Server) = direction == NetTranscriptDirection.ToServer ? (sender, receiver) : (receiver, sender);
        }
    }
}
