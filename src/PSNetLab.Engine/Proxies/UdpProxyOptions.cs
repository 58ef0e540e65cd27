using System.Net;
using PSNetLab.Engine.Capture;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Proxies;

/// <summary>The options of a UDP proxy. The cmdlet has the same defaults.</summary>
internal sealed record UdpProxyOptions
{
    internal const double DefaultSessionTimeoutSeconds = 60;

    internal const int DefaultMaxSessions = 1024;

    internal UdpBinding Binding { get; init; } = new();

    /// <summary>The server behind the proxy.</summary>
    internal IPEndPoint Upstream { get; init; } = new(IPAddress.Loopback, 9);

    internal TimeSpan SessionTimeout { get; init; } = TimeSpan.FromSeconds(DefaultSessionTimeoutSeconds);

    internal int MaxSessions { get; init; } = DefaultMaxSessions;

    /// <summary>How many bytes of datagrams one direction of a session may hold.</summary>
    internal int BufferLimit { get; init; } = TcpProxyOptions.DefaultBufferLimit;

    internal AddressFilter? Filter { get; init; }

    /// <summary>Where datagrams from and to clients are recorded; null for nowhere.</summary>
    internal Transcript? Transcript { get; init; }

    internal FaultTable Faults { get; init; } = new(0, isStream: false);

    /// <summary>The clock for time limits.</summary>
    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>These are called on threads that serve sockets, so they must not block.</summary>
    internal Action<ProxySession>? Opened { get; init; }

    /// <inheritdoc cref="Opened"/>
    internal Action<ProxySession>? Closed { get; init; }

    /// <inheritdoc cref="Opened"/>
    internal Action<NetLabException, EndPoint>? OnFault { get; init; }
}
