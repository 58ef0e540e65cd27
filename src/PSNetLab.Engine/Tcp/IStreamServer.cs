using System.Net;
using System.Net.Sockets;

namespace PSNetLab.Engine;

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

/// <summary>A connection that a <see cref="StreamServer{TConnection}"/> serves.</summary>
internal interface IServedConnection
{
    /// <summary>A number that tells it from every other of this process.</summary>
    int Id { get; }

    /// <summary>How long nothing has come or gone.</summary>
    long IdleMilliseconds { get; }

    /// <summary>What has come and gone so far.</summary>
    Totals Totals { get; }

    /// <summary>Says that the server stops: the connection is to end soon, by itself.</summary>
    void BeginStop();

    /// <summary>Ends the connection at once, because the server stops.</summary>
    void Abort();
}

/// <summary>What has come and gone, on one connection or on all of a server.</summary>
internal readonly record struct Totals(long BytesReceived, long BytesSent, long MessagesReceived, long MessagesSent)
{
    internal Totals Add(Totals other) => new(
        BytesReceived + other.BytesReceived,
        BytesSent + other.BytesSent,
        MessagesReceived + other.MessagesReceived,
        MessagesSent + other.MessagesSent);
}
