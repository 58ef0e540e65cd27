using System.Diagnostics;
using System.Net;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Proxies;

namespace PSNetLab;

/// <summary>The datagrams between a client and the server behind a UDP proxy. The object is live until the session has ended.</summary>
public sealed class ProxySession
{
    private readonly UdpProxySession _session;
    private readonly long _opened = Stopwatch.GetTimestamp();
    private double? _milliseconds;

    internal ProxySession(UdpProxySession session, IPEndPoint client, IPEndPoint upstream)
    {
        _session = session;
        Client = client;
        UpstreamEndPoint = EndPointText.Of(upstream);
        OpenedAt = DateTime.Now;
    }

    /// <summary>The number of the session on its proxy: 1 for the first.</summary>
    public long Number => _session.Faults.Number;

    /// <summary>The address and port of the client, as text that has an Address and a Port.</summary>
    public object ClientEndPoint => EndPointText.Of(Client);

    /// <summary>The address and port of the server, as text that has an Address and a Port.</summary>
    public object UpstreamEndPoint { get; }

    /// <summary>When the first datagram came, in local time.</summary>
    public DateTime OpenedAt { get; }

    /// <summary>How long the session has lasted, in milliseconds.</summary>
    public double Milliseconds => _milliseconds ?? Stopwatch.GetElapsedTime(_opened).TotalMilliseconds;

    /// <summary>Datagrams received from the client so far.</summary>
    public long DatagramsFromClient => _session.ToServer.Received;

    /// <summary>Datagrams sent to the server so far.</summary>
    public long DatagramsToServer => _session.ToServer.Sent;

    /// <summary>Datagrams received from the server so far.</summary>
    public long DatagramsFromServer => _session.ToClient.Received;

    /// <summary>Datagrams sent to the client so far.</summary>
    public long DatagramsToClient => _session.ToClient.Sent;

    /// <summary>Bytes sent to the server so far.</summary>
    public long BytesToServer => _session.ToServer.BytesSent;

    /// <summary>Bytes sent to the client so far.</summary>
    public long BytesToClient => _session.ToClient.BytesSent;

    /// <summary>How often the server's system said that nobody listens there (ICMP port unreachable).</summary>
    public long UpstreamUnreachable => _session.Unreachable;

    /// <summary>The names of the faults that have acted on it.</summary>
    public TextList<string> Faults => new(_session.Faults.Hits);

    /// <summary>Why the session ended.</summary>
    public ProxyCloseReason CloseReason { get; internal set; }

    internal IPEndPoint Client { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Client} - {UpstreamEndPoint}";

    /// <summary>Stops the clock.</summary>
    internal void NoteEnd() => _milliseconds ??= Milliseconds;
}
