using System.Net;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.IO;

/// <summary>How to bind a UDP socket.</summary>
internal sealed record UdpBinding
{
    // What arrives at full speed while the runtime collects garbage has room.
    internal const int DefaultReceiveBufferBytes = 16 * 1024 * 1024;

    internal IPEndPoint EndPoint { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>The parameter that gave the port, for error messages.</summary>
    internal string PortParameter { get; init; } = "-Port";

    internal bool ReuseAddress { get; init; }

    internal bool Broadcast { get; init; }

    /// <summary>
    /// Whether an ICMP answer to an earlier datagram is reported as an error (Windows reports it on every socket, Linux
    /// on connected ones).
    /// </summary>
    internal bool TellRefusals { get; init; }

    internal IReadOnlyList<IPAddress> MulticastGroups { get; init; } = [];

    /// <summary>The interface for multicast; null to let the system choose.</summary>
    internal NetworkCard? Interface { get; init; }

    internal int ReceiveBufferBytes { get; init; } = DefaultReceiveBufferBytes;
}
