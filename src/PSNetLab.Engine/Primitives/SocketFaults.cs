using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using PSNetLab.Engine.Inspection;

namespace PSNetLab.Engine.Primitives;

/// <summary>The one place where what the system says of a socket becomes a fault with a name and advice.</summary>
internal static class SocketFaults
{
    internal static NetLabException Listen(SocketException error, IPEndPoint endPoint, ProtocolType protocol, string portParameter = "-Port") => error.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => new(
            FaultKind.PortInUse,
            $"Port {endPoint.Port} on {endPoint.Address} is in use{PortOwner.Describe(endPoint, protocol)}. Choose another with {portParameter}, or 0 for any free one.",
            error),
        SocketError.AccessDenied => new(
            FaultKind.PortNotPermitted,
            $"This user may not open port {endPoint.Port} on {endPoint.Address}{(endPoint.Port is > 0 and < 1024 ? ": ports below 1024 need more rights here" : string.Empty)}. Choose a port from 1024 up, or 0 for any free one.",
            error),
        SocketError.AddressNotAvailable => new(
            FaultKind.AddressNotLocal,
            $"{endPoint.Address} is no address of this machine. Choose one that an interface has, Loopback, or Any for all of them.",
            error),
        _ => Other(error, $"Cannot listen on {endPoint}"),
    };

    /// <summary>Why one attempt to connect failed, as a few words for a list.</summary>
    internal static (FaultKind Kind, string Words) Connect(Exception error) => error switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => (FaultKind.ConnectionRefused, "refused: nobody listens there"),
        SocketException { SocketErrorCode: SocketError.TimedOut } or OperationCanceledException => (FaultKind.ConnectTimeout, "no answer in time"),
        SocketException { SocketErrorCode: SocketError.NetworkUnreachable or SocketError.HostUnreachable } => (FaultKind.HostUnreachable, "no route to it"),
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } => (FaultKind.AddressNotLocal, "the local address cannot be used for it"),
        SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } => (FaultKind.PortInUse, "the local port is in use"),
        SocketException { SocketErrorCode: SocketError.TooManyOpenSockets } => (FaultKind.TooManyOpenFiles, "no more file descriptors in this process"),
        _ => (FaultKind.SocketError, error.Message),
    };

    /// <summary>What ended a connection, and the word for it in <see cref="TcpConnection.CloseReason"/>.</summary>
    internal static (TcpCloseReason Reason, NetLabException Fault) Connection(Exception error, EndPoint remote) => error switch
    {
        NetLabException known => (known.Kind == FaultKind.ConnectionReset ? TcpCloseReason.PeerReset : TcpCloseReason.Failed, known),
        SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted } => (
            TcpCloseReason.PeerReset,
            new(FaultKind.ConnectionReset, $"{remote} reset the connection: it was closed there while data was still on its way. Open a new one to go on.", error)),
        SocketException { SocketErrorCode: SocketError.Shutdown or SocketError.NotConnected } or ObjectDisposedException => (
            TcpCloseReason.PeerClosed,
            new(FaultKind.ConnectionClosed, $"The connection to {remote} takes no more data: it is closed (broken pipe). Open a new one to go on.", error)),
        SocketException { SocketErrorCode: SocketError.TimedOut } => (
            TcpCloseReason.Failed,
            new(FaultKind.SendTimeout, $"{remote} stopped answering, and the system gave the connection up. Check the network, then open a new one.", error)),
        AuthenticationException => (TcpCloseReason.TlsFailed, new(FaultKind.TlsHandshakeFailed, $"TLS with {remote} failed: {error.Message}", error)),
        IOException { InnerException: SocketException inner } => Connection(inner, remote),
        SocketException other => (TcpCloseReason.Failed, Other(other, $"The connection to {remote} failed")),
        _ => (TcpCloseReason.Failed, new(FaultKind.SocketError, $"The connection to {remote} failed: {error.Message}", error)),
    };

    /// <summary>Why a datagram could not be sent.</summary>
    internal static NetLabException SendDatagram(SocketException error, EndPoint remote, int length) => error.SocketErrorCode switch
    {
        SocketError.MessageSize => new(
            FaultKind.MessageTooLong,
            $"A datagram of {length} bytes cannot be sent to {remote}: at most 65507 fit over IPv4 and 65527 over IPv6 (RFC 768), and some interfaces take less. Split the message, or use TCP.",
            error),
        SocketError.ConnectionRefused or SocketError.ConnectionReset => new(
            FaultKind.ConnectionRefused,
            $"Nobody listens on {remote}: a datagram sent before was answered with ICMP port unreachable (RFC 1122, section 4.1.3.1). Check that the server runs and that the port is right.",
            error),
        SocketError.AccessDenied => new(
            FaultKind.BroadcastNotPermitted,
            $"The system refuses to send to {remote}: it is a broadcast address, and a socket has to ask for that first (SO_BROADCAST). Use Send-Broadcast.",
            error),
        SocketError.NetworkUnreachable or SocketError.HostUnreachable => new(
            FaultKind.HostUnreachable,
            $"There is no route to {remote}. Check the address, the network interface and the routes.",
            error),
        _ => Other(error, $"Cannot send to {remote}"),
    };

    private static NetLabException Other(SocketException error, string what) => error.SocketErrorCode == SocketError.TooManyOpenSockets
        ? new(FaultKind.TooManyOpenFiles, $"{what}: no more file descriptors in this process. Close some connections, or raise the limit (ulimit -n).", error)
        : new(FaultKind.SocketError, $"{what}: {error.Message} ({error.SocketErrorCode}).", error);
}
