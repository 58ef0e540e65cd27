namespace PSNetLab;

/// <summary>Why a connection through a proxy ended: the first reason.</summary>
public enum ProxyCloseReason : long
{
    /// <summary>It has not ended.</summary>
    None,

    /// <summary>Client and server have both ended their side (FIN).</summary>
    Finished,

    /// <summary>The client reset it (RST).</summary>
    ClientReset,

    /// <summary>The server reset it (RST).</summary>
    ServerReset,

    /// <summary>The server did not accept it.</summary>
    UpstreamFailed,

    /// <summary>A fault ended it.</summary>
    Fault,

    /// <summary>Nothing was sent or received within the idle timeout.</summary>
    IdleTimeout,

    /// <summary>The proxy was stopped.</summary>
    ProxyStopped,

    /// <summary>It failed for another reason.</summary>
    Failed,
}
