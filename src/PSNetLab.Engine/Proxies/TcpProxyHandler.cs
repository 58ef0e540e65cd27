using System.Net;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Proxies;

/// <summary>Forwards each connection to the server behind the proxy, as a <see cref="TcpProxySession"/>.</summary>
internal sealed class TcpProxyHandler(TcpProxyOptions options) : IStreamHandler
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    private TcpProxyOptions? _options;

    // Where no event tells of a reset while nobody reads, the session looks for one.
    public TimeSpan? ShortestDeadline => options.IdleTimeout > TimeSpan.Zero ? options.IdleTimeout
        : EpollLoop.IsSupported ? null : s_look;

    public int MostTurnedAway => 0;

    public string FateOfTooMany => "are closed at once";

    public IServedConnection Connect(Transport transport, IServerHost host, bool isTurnedAway)
        => new TcpProxySession(transport, _options ??= Complete(host), host);

    public void Close()
    {
    }

    /// <summary>The options with what is known once the server listens.</summary>
    private TcpProxyOptions Complete(IServerHost host) => options with
    {
        Upstream = options.Upstream with
        {
            Refuses = endPoint => ProxyLoop.Find(endPoint, options.Upstream.Target, (IPEndPoint)host.LocalEndPoint),
        },
    };
}
