namespace PSNetLab;

/// <summary>The state of a socket: for TCP as in RFC 9293, section 3.3.2, with the numbers Linux uses.</summary>
public enum SocketState : long
{
    /// <summary>Not known, or not applicable.</summary>
    Unknown = 0,

    /// <summary>Both sides may send; for a datagram socket, it is connected to a peer.</summary>
    Established = 1,

    /// <summary>This side has requested a connection.</summary>
    SynSent = 2,

    /// <summary>The peer has requested a connection, and this side has accepted.</summary>
    SynReceived = 3,

    /// <summary>This side has ended sending; not acknowledged yet.</summary>
    FinWait1 = 4,

    /// <summary>This side has ended sending, and the peer has acknowledged it.</summary>
    FinWait2 = 5,

    /// <summary>Closed; the system keeps the pair of endpoints for a while, for late segments.</summary>
    TimeWait = 6,

    /// <summary>Not connected; for a datagram socket, it has no peer.</summary>
    Closed = 7,

    /// <summary>The peer has ended sending; this side has not.</summary>
    CloseWait = 8,

    /// <summary>Both sides have ended sending; the last acknowledgement is missing.</summary>
    LastAck = 9,

    /// <summary>Waiting for connections.</summary>
    Listen = 10,

    /// <summary>Both sides ended sending at the same time.</summary>
    Closing = 11,

    /// <summary>The peer has requested a connection, and the system has only noted it so far.</summary>
    NewSynReceived = 12,
}
