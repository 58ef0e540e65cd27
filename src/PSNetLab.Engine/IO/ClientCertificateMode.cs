namespace PSNetLab;

/// <summary>Whether a TLS server asks its clients for a certificate.</summary>
public enum ClientCertificateMode
{
    /// <summary>It asks, and accepts clients that have none. One that is sent must be good.</summary>
    Allow,

    /// <summary>It asks, and accepts only clients with a good one.</summary>
    Require,
}
