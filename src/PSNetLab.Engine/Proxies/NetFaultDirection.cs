namespace PSNetLab;

/// <summary>The direction that a fault is about.</summary>
public enum NetFaultDirection : long
{
    /// <summary>Both, each by itself.</summary>
    Both,

    /// <summary>From the client to the server.</summary>
    ToServer,

    /// <summary>From the server to the client.</summary>
    ToClient,
}
