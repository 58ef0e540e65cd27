using System.Net;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.IO;

/// <summary>How a UDP socket is to be bound.</summary>
internal sealed record UdpBinding
{
    internal IPEndPoint EndPoint { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>The parameter the port came from, for advice.</summary>
    internal string PortParameter { get; init; } = "-Port";

    internal bool ReuseAddress { get; init; }

    internal bool Broadcast { get; init; }

    /// <summary>Whether an ICMP answer to a datagram sent earlier is to be told as an error (Windows tells it to every socket, Linux to connected ones).</summary>
    internal bool TellRefusals { get; init; }

    internal IReadOnlyList<IPAddress> MulticastGroups { get; init; } = [];

    /// <summary>The interface for multicast; null for the one the system chooses.</summary>
    internal NetworkCard? Interface { get; init; }

    internal int ReceiveBufferBytes { get; init; } = 4 * 1024 * 1024;
}
