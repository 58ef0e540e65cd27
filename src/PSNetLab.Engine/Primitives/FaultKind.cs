namespace PSNetLab;

/// <summary>The faults this module distinguishes. Their names are the ids of the error records.</summary>
public enum FaultKind
{
    /// <summary>A system error without a name here; the message has the system's text.</summary>
    SocketError,

    /// <summary>Another socket already listens on the address and port (EADDRINUSE).</summary>
    PortInUse,

    /// <summary>The system does not let this user open the port (EACCES).</summary>
    PortNotPermitted,

    /// <summary>No interface of this machine has the local address (EADDRNOTAVAIL).</summary>
    AddressNotLocal,

    /// <summary>The name cannot be resolved.</summary>
    HostNotFound,

    /// <summary>The name servers did not answer, or could not find out: nobody knows whether there is such a name.</summary>
    NameServerFailed,

    /// <summary>Nothing is listening on the port (ECONNREFUSED).</summary>
    ConnectionRefused,

    /// <summary>The time ran out before there was a connection.</summary>
    ConnectTimeout,

    /// <summary>There is no route to the address (ENETUNREACH, EHOSTUNREACH).</summary>
    HostUnreachable,

    /// <summary>The peer reset the connection (ECONNRESET).</summary>
    ConnectionReset,

    /// <summary>The connection was closed, here or by the peer (EPIPE).</summary>
    ConnectionClosed,

    /// <summary>The connection already has a receiver.</summary>
    ConnectionBusy,

    /// <summary>No open connection has the number.</summary>
    ConnectionNotFound,

    /// <summary>The time ran out before the peer accepted the data.</summary>
    SendTimeout,

    /// <summary>The time ran out before enough messages arrived.</summary>
    ReceiveTimeout,

    /// <summary>A message is longer than allowed.</summary>
    MessageTooLong,

    /// <summary>What came cannot be a frame of the connection's framing.</summary>
    MalformedFrame,

    /// <summary>The stream ended in the middle of a frame.</summary>
    TruncatedFrame,

    /// <summary>The server has reached its connection limit.</summary>
    TooManyConnections,

    /// <summary>Nothing was sent or received within the server's idle timeout.</summary>
    IdleTimeout,

    /// <summary>A message does not have the length its framing fixes.</summary>
    MessageLengthMismatch,

    /// <summary>The framing text is not one of the known forms.</summary>
    InvalidFraming,

    /// <summary>The steps of a dialogue cannot be read, or do not fit together.</summary>
    InvalidDialogue,

    /// <summary>A peer said something that its dialogue did not expect.</summary>
    DialogueUnexpected,

    /// <summary>The text is neither an address nor a CIDR range.</summary>
    InvalidAddress,

    /// <summary>The text is not a name of DNS.</summary>
    InvalidName,

    /// <summary>The peer's certificate was not accepted.</summary>
    CertificateRejected,

    /// <summary>The TLS handshake failed.</summary>
    TlsHandshakeFailed,

    /// <summary>The peer did not accept the certificate of this side, or got none although it requires one.</summary>
    OwnCertificateRejected,

    /// <summary>A file holds no certificate, or a key of a kind that cannot be used.</summary>
    CertificateUnreadable,

    /// <summary>A certificate has no private key.</summary>
    CertificateKeyMissing,

    /// <summary>A private key belongs to another certificate.</summary>
    CertificateKeyMismatch,

    /// <summary>The password of a certificate file or private key is missing or wrong.</summary>
    CertificatePasswordWrong,

    /// <summary>The process or the system is out of file descriptors.</summary>
    TooManyOpenFiles,

    /// <summary>There is no socket option of that name.</summary>
    OptionNotFound,

    /// <summary>The system refused the option, or its value, on this socket.</summary>
    OptionRefused,

    /// <summary>The option is read-only.</summary>
    OptionReadOnly,

    /// <summary>The option does not take this value.</summary>
    InvalidOptionValue,

    /// <summary>The object has no socket.</summary>
    NoSocket,

    /// <summary>A route is not valid: its path, its criteria or its answer.</summary>
    InvalidRoute,

    /// <summary>A recording is not valid: its JSON, or one of its entries.</summary>
    InvalidRecording,

    /// <summary>A recording cannot be written, or is not complete.</summary>
    RecordingFailed,

    /// <summary>No route answers a request.</summary>
    RequestNotMatched,

    /// <summary>A request that was expected has not been received, or not as often.</summary>
    RequestNotReceived,

    /// <summary>A running server has no route of that name.</summary>
    RouteNotFound,

    /// <summary>There is no console to have a session at.</summary>
    NotInteractive,

    /// <summary>Parameters cannot be combined.</summary>
    InvalidParameters,

    /// <summary>There is no interface of that name.</summary>
    InterfaceNotFound,

    /// <summary>The multicast group cannot be joined.</summary>
    MulticastRefused,

    /// <summary>A socket without SO_BROADCAST tried to send to a broadcast address.</summary>
    BroadcastNotPermitted,

    /// <summary>A file or folder does not exist.</summary>
    PathNotFound,

    /// <summary>A file cannot be read.</summary>
    FileUnreadable,

    /// <summary>A file is there already.</summary>
    FileExists,

    /// <summary>A file cannot be written.</summary>
    FileUnwritable,

    /// <summary>A transcript or a capture is malformed, or lacks what is needed of it.</summary>
    InvalidTranscript,

    /// <summary>A script block that answers messages threw an error.</summary>
    ReplyScriptFailed,

    /// <summary>A script block of -Framing threw an error, took too long, or returned what makes no sense.</summary>
    FramingScriptFailed,

    /// <summary>A request could not be answered because its handler failed.</summary>
    RequestFailed,

    /// <summary>The access log cannot be written.</summary>
    AccessLogFailed,

    /// <summary>A handler attached to a stream of a job threw an error.</summary>
    HandlerFailed,

    /// <summary>A peer did not send the rest of a message in time.</summary>
    MessageTimeout,

    /// <summary>The time ran out before a port was in the state that was waited for.</summary>
    WaitTimeout,

    /// <summary>
    /// The connections of a server hold too many bytes of incomplete messages and unsent answers, or too many scripts wait for clients.
    /// </summary>
    TooMuchPending,

    /// <summary>Two servers answer each other's answers.</summary>
    AnswerLoop,

    /// <summary>A web server closed the connection without an answer.</summary>
    NoResponse,

    /// <summary>The connection ended in the middle of an answer.</summary>
    ResponseTruncated,

    /// <summary>What a server answered is not HTTP, or its chunks are malformed.</summary>
    ResponseMalformed,

    /// <summary>A proxy did not open a tunnel.</summary>
    ProxyRefused,

    /// <summary>The server did not begin TLS when it was asked in plain text.</summary>
    StartTlsFailed,

    /// <summary>A proxy would connect to itself.</summary>
    ProxyLoop,

    /// <summary>The server behind a proxy did not accept a connection.</summary>
    UpstreamFailed,

    /// <summary>A proxy has no fault of that name.</summary>
    NetFaultNotFound,
}
