namespace PSNetLab;

/// <summary>The state of a socket: of TCP as in RFC 9293, section 3.3.2, with the numbers Linux uses.</summary>
public enum SocketState
{
    /// <summary>Not known, or not applicable.</summary>
    Unknown = 0,

    /// <summary>Both sides may send; of a datagram socket, connected to a peer.</summary>
    Established = 1,

    /// <summary>A connection was asked for.</summary>
    SynSent = 2,

    /// <summary>A connection was asked for by the peer, and granted.</summary>
    SynReceived = 3,

    /// <summary>This side has said it sends no more; not confirmed yet.</summary>
    FinWait1 = 4,

    /// <summary>This side has said it sends no more, and the peer has confirmed.</summary>
    FinWait2 = 5,

    /// <summary>Over; the system keeps the pair of endpoints for a while, for late segments.</summary>
    TimeWait = 6,

    /// <summary>Not connected; of a datagram socket, bound but without a peer.</summary>
    Closed = 7,

    /// <summary>The peer has said it sends no more; this side has not.</summary>
    CloseWait = 8,

    /// <summary>Both sides have said so; the last confirmation is missing.</summary>
    LastAck = 9,

    /// <summary>Waiting for connections.</summary>
    Listen = 10,

    /// <summary>Both sides said so at the same time.</summary>
    Closing = 11,

    /// <summary>A connection was asked for by the peer, and is only a note yet.</summary>
    NewSynReceived = 12,
}
