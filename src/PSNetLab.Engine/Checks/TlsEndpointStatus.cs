namespace PSNetLab;

/// <summary>What Test-TlsEndpoint makes of a server.</summary>
public enum TlsEndpointStatus : long
{
    /// <summary>Nothing is wrong.</summary>
    Ok,

    /// <summary>Clients are served, but something should be mended.</summary>
    Warning,

    /// <summary>There is no TLS, or clients do not accept it.</summary>
    Failed,
}
