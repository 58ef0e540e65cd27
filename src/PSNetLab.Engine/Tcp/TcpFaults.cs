using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tcp;

/// <summary>Turns an exception of a connection into its close reason and its fault.</summary>
internal static class TcpFaults
{
    /// <summary>The fault that nothing more can be sent.</summary>
    internal static NetLabException Closed(EndPoint remote, Exception? error = null)
        => new(FaultKind.ConnectionClosed, $"The connection to {remote} is closed, so nothing more can be sent "
            + "(broken pipe). Open a new one to continue.", error);

    /// <summary>The fault that this side has ended its stream (half-close). What the peer sends is still received.</summary>
    internal static NetLabException SendingEnded(EndPoint remote)
        => new(FaultKind.ConnectionClosed, $"This side has ended sending to {remote} (half-close), so nothing more can be sent. What it "
            + "sends can still be received; open a new connection to send more.");

    /// <summary>Whether an error is <see cref="SendingEnded"/>.</summary>
    internal static bool IsSendingEnded(Exception error) => error is NetLabException { Kind: FaultKind.ConnectionClosed };

    /// <summary>The value for <see cref="TcpConnection.CloseReason"/>, and the fault to report.</summary>
    internal static (TcpCloseReason Reason, NetLabException Fault) Ended(Exception error, EndPoint remote) => error switch
    {
        NetLabException known => (known.Kind switch
        {
            FaultKind.ConnectionReset => TcpCloseReason.PeerReset,
            FaultKind.FramingScriptFailed => TcpCloseReason.FramingFailed,
            FaultKind.OwnCertificateRejected => TcpCloseReason.TlsFailed,
            _ => TcpCloseReason.Failed,
        }, known),
        SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted } => (
            TcpCloseReason.PeerReset,
            new(FaultKind.ConnectionReset, $"{remote} reset the connection: the peer closed it while data was still on "
                + "its way. Open a new one to continue.", error)),
        SocketException { SocketErrorCode: SocketError.Shutdown or SocketError.NotConnected } or ObjectDisposedException => (
            TcpCloseReason.PeerClosed,
            Closed(remote, error)),
        SocketException { SocketErrorCode: SocketError.TimedOut } => (
            TcpCloseReason.Failed,
            new(FaultKind.SendTimeout, $"{remote} stopped answering, and the system gave up on the connection. "
                + "Check the network, then open a new one.", error)),
        AuthenticationException =>
            (TcpCloseReason.TlsFailed, new(FaultKind.TlsHandshakeFailed, $"TLS with {remote} failed: {error.Message}", error)),
        IOException { InnerException: SocketException inner } => Ended(inner, remote),
        SocketException other => (TcpCloseReason.Failed, SocketFaults.Other(other, $"The connection to {remote} failed")),
        _ => (TcpCloseReason.Failed, new(FaultKind.SocketError, $"The connection to {remote} failed: {error.Message}", error)),
    };
}
