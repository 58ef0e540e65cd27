namespace PSNetLab;

/// <summary>The faults this module tells apart. Their names are the ids of the error records.</summary>
public enum FaultKind
{
    /// <summary>A fault of the system that has no name here; the message has the system's words.</summary>
    SocketError,

    /// <summary>Another socket already listens on the address and port (EADDRINUSE).</summary>
    PortInUse,

    /// <summary>The system does not let this user open the port (EACCES).</summary>
    PortNotPermitted,

    /// <summary>The local address belongs to no interface of this machine (EADDRNOTAVAIL).</summary>
    AddressNotLocal,

    /// <summary>The name has no address.</summary>
    HostNotFound,

    /// <summary>Nobody listens on the port (ECONNREFUSED).</summary>
    ConnectionRefused,

    /// <summary>The time ran out before there was a connection.</summary>
    ConnectTimeout,

    /// <summary>There is no way to the address (ENETUNREACH, EHOSTUNREACH).</summary>
    HostUnreachable,

    /// <summary>The peer broke the connection off with a reset (ECONNRESET).</summary>
    ConnectionReset,

    /// <summary>The connection was closed on this side, or the peer takes no more (EPIPE).</summary>
    ConnectionClosed,

    /// <summary>Somebody else receives from the connection.</summary>
    ConnectionBusy,

    /// <summary>No open connection has the number.</summary>
    ConnectionNotFound,

    /// <summary>The time ran out before the peer took what was sent.</summary>
    SendTimeout,

    /// <summary>The time ran out before the messages asked for had come.</summary>
    ReceiveTimeout,

    /// <summary>A message is longer than allowed.</summary>
    MessageTooLong,

    /// <summary>The stream ended in the middle of a frame.</summary>
    TruncatedFrame,

    /// <summary>The server has as many connections as it may have.</summary>
    TooManyConnections,

    /// <summary>Nothing came or went for as long as the server allows.</summary>
    IdleTimeout,

    /// <summary>A message does not have the length its framing fixes.</summary>
    MessageLengthMismatch,

    /// <summary>The framing text is not one of the known forms.</summary>
    InvalidFraming,

    /// <summary>The text is no address, or no CIDR range.</summary>
    InvalidAddress,

    /// <summary>The peer's certificate was not accepted.</summary>
    CertificateRejected,

    /// <summary>The TLS handshake failed.</summary>
    TlsHandshakeFailed,

    /// <summary>The process or the system has no more file descriptors.</summary>
    TooManyOpenFiles,

    /// <summary>There is no socket option of the name.</summary>
    OptionNotFound,

    /// <summary>The system refuses the option, or its value, on the socket.</summary>
    OptionRefused,

    /// <summary>The option can only be read.</summary>
    OptionReadOnly,

    /// <summary>The value cannot be one of the option.</summary>
    InvalidOptionValue,

    /// <summary>The object has no socket.</summary>
    NoSocket,

    /// <summary>Parameters do not go together.</summary>
    InvalidParameters,

    /// <summary>No interface has the name.</summary>
    InterfaceNotFound,

    /// <summary>The multicast group cannot be joined.</summary>
    MulticastRefused,

    /// <summary>The system sends to a broadcast address only from a socket that has asked for it (SO_BROADCAST).</summary>
    BroadcastNotPermitted,

    /// <summary>A file or folder is not there.</summary>
    PathNotFound,

    /// <summary>A file cannot be read.</summary>
    FileUnreadable,

    /// <summary>A script block that answers messages threw an error.</summary>
    ReplyScriptFailed,

    /// <summary>A request could not be answered, because what answers it failed.</summary>
    RequestFailed,

    /// <summary>The access log cannot be written.</summary>
    AccessLogFailed,

    /// <summary>A handler that somebody attached to a stream of a job threw an error.</summary>
    HandlerFailed,
}
