namespace PSNetLab;

/// <summary>What happened in a conversation.</summary>
public enum NetTranscriptKind : long
{
    /// <summary>A connection was established; over TLS, after the handshake. For UDP: the first datagram of a peer.</summary>
    Opened,

    /// <summary>Bytes went from one side to the other. Of UDP, one datagram.</summary>
    Data,

    /// <summary>One side has ended its stream (a FIN) and may still receive.</summary>
    HalfClosed,

    /// <summary>One side has reset the connection (an RST).</summary>
    Reset,

    /// <summary>The connection is closed on the side that recorded it.</summary>
    Closed,

    /// <summary>A fault was injected on purpose, as by a proxy.</summary>
    Fault,

    /// <summary>Older bytes are missing, because of the limit of the transcript or because a capture did not see them.</summary>
    Dropped,
}
