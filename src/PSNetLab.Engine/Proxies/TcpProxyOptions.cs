using PSNetLab.Engine.IO;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Proxies;

/// <summary>The options of a TCP proxy. The cmdlet has the same defaults.</summary>
internal sealed record TcpProxyOptions : StreamServerOptions
{
    internal const int DefaultBufferLimit = 4 * 1024 * 1024;

    // A client that does not fit waits a second before it tries again, which no fault of the proxy has asked for.
    private const int ProxyBacklog = 4096;

    public TcpProxyOptions() => Backlog = ProxyBacklog;

    /// <summary>The server behind the proxy, and how it is connected to.</summary>
    internal DialOptions Upstream { get; init; } = new();

    internal UpstreamFailure WhenUpstreamFails { get; init; }

    /// <summary>After how much silence a client that waits for the server is asked whether it is still there; in whole seconds.</summary>
    internal TimeSpan WaitingSilence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a connection may be silent before it is closed; zero for no limit.</summary>
    internal TimeSpan IdleTimeout { get; init; }

    /// <summary>How many bytes one direction of a connection may hold before its sender is held back.</summary>
    internal int BufferLimit { get; init; } = DefaultBufferLimit;

    internal FaultTable Faults { get; init; } = new(0, isStream: true);

    /// <summary>Called the first time that the server did not accept a connection, on a thread that serves sockets.</summary>
    internal Action<ProxyConnection, NetLabException>? UpstreamFailed { get; init; }
}
