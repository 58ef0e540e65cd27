namespace PSNetLab;

/// <summary>What a fault does.</summary>
public enum NetFaultKind : long
{
    /// <summary>Delays everything.</summary>
    Latency,

    /// <summary>Lets only so many bytes pass in a second.</summary>
    Bandwidth,

    /// <summary>Sends a stream in small pieces.</summary>
    Slice,

    /// <summary>Resets the connection (RST) on both sides.</summary>
    Reset,

    /// <summary>Closes the connection (FIN) on both sides.</summary>
    Close,

    /// <summary>Lets nothing pass.</summary>
    Stall,

    /// <summary>Closes the port, so that new clients are refused.</summary>
    Refuse,

    /// <summary>Ends one direction of the connection (FIN); the other goes on.</summary>
    HalfClose,

    /// <summary>Loses datagrams.</summary>
    Loss,

    /// <summary>Sends datagrams twice.</summary>
    Duplicate,

    /// <summary>Lets later datagrams pass a datagram.</summary>
    Reorder,

    /// <summary>Flips bits.</summary>
    Corrupt,
}
