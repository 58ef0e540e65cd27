namespace PSNetLab;

/// <summary>What becomes of a client while the server behind a proxy does not accept its connection.</summary>
public enum UpstreamFailure
{
    /// <summary>Its connection is reset (RST), which is nearest to being refused.</summary>
    Reset,

    /// <summary>Its connection is closed (FIN).</summary>
    Close,

    /// <summary>It waits, and the server is tried again twice a second.</summary>
    Hold,
}
