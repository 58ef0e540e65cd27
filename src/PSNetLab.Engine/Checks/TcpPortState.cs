namespace PSNetLab;

/// <summary>The state of a port to wait for.</summary>
public enum TcpPortState : long
{
    /// <summary>It accepts connections.</summary>
    Open,

    /// <summary>It does not: it refuses them, gives no answer, or closes them at once.</summary>
    Closed,
}
