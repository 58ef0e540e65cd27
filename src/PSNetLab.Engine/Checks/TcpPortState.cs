namespace PSNetLab;

/// <summary>The state of a port to wait for.</summary>
public enum TcpPortState : long
{
    /// <summary>It accepts connections.</summary>
    Open,

    /// <summary>
    /// It does not: it refuses them, gives no answer, cannot be reached, or closes them at once. A name without an address says nothing
    /// of a port, and no more does an attempt that this machine itself prevents.
    /// </summary>
    Closed,
}
