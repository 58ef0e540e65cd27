using System.Net;
using PSNetLab.Engine.Capture;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Servers;

/// <summary>Where a TCP server listens, and which peers it accepts. The cmdlets have the same defaults.</summary>
internal abstract record StreamServerOptions
{
    internal const int DefaultBacklog = 512;

    internal const int DefaultMaxConnections = 1024;

    internal EndPoint EndPoint { get; init; } = new IPEndPoint(IPAddress.Loopback, 0);

    internal int Backlog { get; init; } = DefaultBacklog;

    /// <summary>Whether to take a port on which connections of an earlier server are in TIME-WAIT (SO_REUSEADDR).</summary>
    internal bool ReuseAddress { get; init; } = true;

    internal int MaxConnections { get; init; } = DefaultMaxConnections;

    /// <summary>How the server speaks TLS; null for plain text.</summary>
    internal TlsServerOptions? Tls { get; init; }

    internal AddressFilter? Filter { get; init; }

    /// <summary>Where what goes over its connections is recorded; null for nowhere.</summary>
    internal Transcript? Transcript { get; init; }

    /// <summary>The clock for time limits and ages.</summary>
    internal TimeProvider Clock { get; init; } = TimeProvider.System;
}
