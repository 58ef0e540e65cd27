namespace PSNetLab;

/// <summary>Whether a server speaks a version of TLS.</summary>
public enum TlsVersionStatus : long
{
    /// <summary>It was not asked, or did not say.</summary>
    Unknown,

    /// <summary>It does.</summary>
    Offered,

    /// <summary>It does not.</summary>
    Refused,
}
