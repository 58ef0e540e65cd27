using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Servers;

/// <summary>A server over TCP, whatever its connections are.</summary>
internal interface IStreamServer
{
    IPEndPoint LocalEndPoint { get; }

    /// <summary>The listening socket.</summary>
    Socket Listener { get; }

    /// <summary>Connections that were refused: too many, or their address not allowed.</summary>
    long Refused { get; }

    int ConnectionCount { get; }

    /// <summary>Sums over all connections, open and closed.</summary>
    Totals Totals { get; }

    /// <summary>Frees the port at once; connections are told, get up to a second as long as something still comes or goes, then an abort. Does not wait.</summary>
    void Stop();
}
