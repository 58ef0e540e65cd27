namespace PSNetLab;

/// <summary>Why a connection ended: the first reason.</summary>
public enum TcpCloseReason : long
{
    /// <summary>It has not ended.</summary>
    None,

    /// <summary>The peer closed it gracefully (FIN).</summary>
    PeerClosed,

    /// <summary>The peer reset it (RST).</summary>
    PeerReset,

    /// <summary>This side closed it.</summary>
    LocalClosed,

    /// <summary>This side reset it (RST).</summary>
    LocalReset,

    /// <summary>The server was stopped.</summary>
    ServerStopped,

    /// <summary>Nothing was sent or received within the idle timeout.</summary>
    IdleTimeout,

    /// <summary>The peer sent a message longer than allowed.</summary>
    MessageTooLong,

    /// <summary>The peer sent what cannot be a message of this framing.</summary>
    MalformedFrame,

    /// <summary>The script block of its framing failed.</summary>
    FramingFailed,

    /// <summary>The peer did not send the rest of a message in time.</summary>
    MessageTimeout,

    /// <summary>The server had too much waiting for its clients: this one held the most memory, or took nothing for longest.</summary>
    TooMuchPending,

    /// <summary>The TLS handshake or a TLS record was bad.</summary>
    TlsFailed,

    /// <summary>The connection failed for another reason.</summary>
    Failed,
}
