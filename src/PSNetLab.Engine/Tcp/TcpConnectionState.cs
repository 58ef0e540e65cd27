namespace PSNetLab;

/// <summary>The state of a connection, seen from this side (RFC 9293, section 3.3.2).</summary>
public enum TcpConnectionState : long
{
    /// <summary>Both sides may send.</summary>
    Established,

    /// <summary>This side has ended sending (half-close); the peer may still send.</summary>
    FinWait,

    /// <summary>The peer has ended sending; this side may still send.</summary>
    CloseWait,

    /// <summary>The connection is closed.</summary>
    Closed,
}
