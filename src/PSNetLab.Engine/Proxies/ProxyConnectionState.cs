namespace PSNetLab;

/// <summary>How far a connection through a proxy is.</summary>
public enum ProxyConnectionState : long
{
    /// <summary>The client is there, the server not yet.</summary>
    Connecting,

    /// <summary>Both directions are open.</summary>
    Open,

    /// <summary>One direction has ended.</summary>
    HalfClosed,

    /// <summary>It has ended.</summary>
    Closed,
}
