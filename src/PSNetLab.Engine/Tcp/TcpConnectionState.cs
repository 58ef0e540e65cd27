namespace PSNetLab.Engine;

/// <summary>The state of a connection as seen from this side (RFC 9293, section 3.3.2).</summary>
public enum TcpConnectionState
{
    /// <summary>Both sides may send.</summary>
    Established,

    /// <summary>This side has said that it sends no more (half-close); the peer may still send.</summary>
    FinWait,

    /// <summary>The peer has said that it sends no more; this side may still send.</summary>
    CloseWait,

    /// <summary>The connection is gone.</summary>
    Closed,
}

/// <summary>Why a connection ended: the first reason that came up.</summary>
public enum TcpCloseReason
{
    /// <summary>It has not ended.</summary>
    None,

    /// <summary>The peer closed it in good order (FIN).</summary>
    PeerClosed,

    /// <summary>The peer broke it off (RST).</summary>
    PeerReset,

    /// <summary>This side closed it.</summary>
    LocalClosed,

    /// <summary>This side broke it off (RST).</summary>
    LocalReset,

    /// <summary>The server was stopped.</summary>
    ServerStopped,

    /// <summary>Nothing came or went for the idle time allowed.</summary>
    IdleTimeout,

    /// <summary>The peer sent a message longer than allowed.</summary>
    MessageTooLong,

    /// <summary>The TLS handshake or a TLS record was bad.</summary>
    TlsFailed,

    /// <summary>The connection failed for another reason.</summary>
    Failed,
}
