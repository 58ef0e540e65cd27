using System.Diagnostics;
using System.Net;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Proxies;

namespace PSNetLab;

/// <summary>A connection through a proxy, with both of its sides. The object is live until the connection has ended.</summary>
public sealed class ProxyConnection
{
    private readonly DateTime _openedAt;
    private readonly long _opened = Stopwatch.GetTimestamp();
    private readonly TlsInfo? _clientTls;
    private TcpProxySession? _live;
    private Figures _last;
    private double? _milliseconds;

    internal ProxyConnection(TcpProxySession session, IPEndPoint client, TlsInfo? clientTls)
    {
        _live = session;
        _clientTls = clientTls;
        Client = client;
        _openedAt = DateTime.Now;
    }

    /// <summary>The number of the connection on its proxy: 1 for the first.</summary>
    public long Number => Now.Number;

    /// <summary>What may still pass.</summary>
    public ProxyConnectionState State => Now.State;

    /// <summary>The address and port of the client, as text that has an Address and a Port.</summary>
    public object ClientEndPoint => EndPointText.Of(Client);

    /// <summary>The address and port of the server that accepted the connection; null if none has yet.</summary>
    public object? UpstreamEndPoint => Upstream is null ? null : EndPointText.Of(Upstream);

    /// <summary>When the client connected, in local time.</summary>
    public object OpenedAt => FileValue.With(_openedAt);

    /// <summary>How long the connection has been open, or was, in milliseconds.</summary>
    public object Milliseconds => FileValue.With(Lasted);

    /// <summary>Bytes sent to the server so far, not including TLS.</summary>
    public long BytesToServer => Now.ToServer;

    /// <summary>Bytes sent to the client so far, not including TLS.</summary>
    public long BytesToClient => Now.ToClient;

    /// <summary>Bytes that the proxy holds at this moment: they wait for faults, or for their receiver.</summary>
    public long BytesHeld => Now.Held;

    /// <summary>The names of the faults that have acted on it.</summary>
    public TextList<string> Faults => new(Now.Faults);

    /// <summary>The TLS of the client; null without.</summary>
    public TlsInfo? ClientTls => _clientTls;

    /// <summary>The TLS of the server; null without.</summary>
    public TlsInfo? UpstreamTls { get; internal set; }

    /// <summary>Why the connection ended.</summary>
    public ProxyCloseReason CloseReason { get; internal set; }

    /// <summary>A sentence about <see cref="CloseReason"/>, if there is more to say.</summary>
    public string? CloseDetail { get; internal set; }

    internal IPEndPoint Client { get; }

    internal IPEndPoint? Upstream { get; set; }

    private double Lasted => _milliseconds ?? Stopwatch.GetElapsedTime(_opened).TotalMilliseconds;

    private Figures Now => Volatile.Read(ref _live) is { } live ? Read(live) : _last;

    /// <inheritdoc/>
    public override string ToString() => $"{Client} - {Upstream?.ToString() ?? "none"} ({State})";

    /// <summary>Stops the clock.</summary>
    internal void NoteEnd() => _milliseconds ??= Lasted;

    /// <summary>Keeps what is known by now, and lets go of the connection, which must have ended.</summary>
    internal void Keep()
    {
        _last = Now;
        Volatile.Write(ref _live, null);
    }

    private static Figures Read(TcpProxySession live) => new(
        live.Faults.Number,
        live.State,
        live.ToServer.Passed,
        live.ToClient.Passed,
        live.ToServer.Held + live.ToClient.Held,
        live.Faults.Hits);

    private readonly record struct Figures(
        long Number, ProxyConnectionState State, long ToServer, long ToClient, long Held, string[] Faults);
}
