using System.Diagnostics;
using System.Net;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Proxies;

namespace PSNetLab;

/// <summary>The datagrams between a client and the server behind a UDP proxy. The object is live until the session has ended.</summary>
public sealed class ProxySession
{
    private readonly DateTime _openedAt;
    private readonly long _opened = Stopwatch.GetTimestamp();
    private readonly IPEndPoint _upstream;
    private UdpProxySession? _live;
    private Figures _last;

    internal ProxySession(UdpProxySession session, IPEndPoint client, IPEndPoint upstream)
    {
        _live = session;
        Client = client;
        _upstream = upstream;
        _openedAt = DateTime.Now;
    }

    /// <summary>The number of the session on its proxy: 1 for the first.</summary>
    public long Number => Now.Number;

    /// <summary>The address and port of the client, as text that has an Address and a Port.</summary>
    public object ClientEndPoint => EndPointText.Of(Client);

    /// <summary>The address and port of the server, as text that has an Address and a Port.</summary>
    public object UpstreamEndPoint => EndPointText.Of(_upstream);

    /// <summary>When the first datagram came, in local time.</summary>
    public object OpenedAt => FileValue.With(_openedAt);

    /// <summary>How long the session has lasted, in milliseconds.</summary>
    public object Milliseconds => FileValue.With(Now.Milliseconds);

    /// <summary>Datagrams received from the client so far.</summary>
    public long DatagramsFromClient => Now.FromClient;

    /// <summary>Datagrams sent to the server so far.</summary>
    public long DatagramsToServer => Now.ToServer;

    /// <summary>Datagrams received from the server so far.</summary>
    public long DatagramsFromServer => Now.FromServer;

    /// <summary>Datagrams sent to the client so far.</summary>
    public long DatagramsToClient => Now.ToClient;

    /// <summary>Bytes sent to the server so far.</summary>
    public long BytesToServer => Now.BytesToServer;

    /// <summary>Bytes sent to the client so far.</summary>
    public long BytesToClient => Now.BytesToClient;

    /// <summary>Datagrams, both ways, that waited for faults when the session ended.</summary>
    public long Discarded => Now.Discarded;

    /// <summary>How often the server's system said that nobody listens there (ICMP port unreachable).</summary>
    public long UpstreamUnreachable => Now.Unreachable;

    /// <summary>The names of the faults that have acted on it.</summary>
    public TextList<string> Faults => new(Now.Faults);

    /// <summary>Why the session ended.</summary>
    public ProxyCloseReason CloseReason { get; private set; }

    internal IPEndPoint Client { get; }

    private Figures Now => Volatile.Read(ref _live) is { } live ? Read(live) : _last;

    /// <inheritdoc/>
    public override string ToString() => $"{Client} - {_upstream}";

    /// <summary>Keeps what is known by now, and lets go of the session.</summary>
    internal void NoteEnd(ProxyCloseReason reason)
    {
        CloseReason = reason;
        _last = Now;
        Volatile.Write(ref _live, null);
    }

    private Figures Read(UdpProxySession live) => new(
        live.Faults.Number,
        Stopwatch.GetElapsedTime(_opened).TotalMilliseconds,
        live.ToServer.Received,
        live.ToServer.Sent,
        live.ToClient.Received,
        live.ToClient.Sent,
        live.ToServer.BytesSent,
        live.ToClient.BytesSent,
        live.ToServer.Discarded + live.ToClient.Discarded,
        live.Unreachable,
        live.Faults.Hits);

    private readonly record struct Figures(
        long Number,
        double Milliseconds,
        long FromClient,
        long ToServer,
        long FromServer,
        long ToClient,
        long BytesToServer,
        long BytesToClient,
        long Discarded,
        long Unreachable,
        string[] Faults);
}
