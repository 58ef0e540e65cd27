namespace PSNetLab;

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
