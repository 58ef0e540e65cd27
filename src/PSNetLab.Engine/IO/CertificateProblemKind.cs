namespace PSNetLab;

/// <summary>What can be wrong with a certificate, its chain, or the TLS it is used for.</summary>
public enum CertificateProblemKind : long
{
    /// <summary>The peer sent no certificate.</summary>
    NotSent,

    /// <summary>A certificate of the chain has expired.</summary>
    Expired,

    /// <summary>A certificate of the chain is not valid yet.</summary>
    NotYetValid,

    /// <summary>The certificate will expire soon.</summary>
    ExpiresSoon,

    /// <summary>The certificate was issued for other names.</summary>
    NameMismatch,

    /// <summary>The certificate is its own issuer, and is not trusted.</summary>
    SelfSigned,

    /// <summary>The chain ends in a root that is not trusted.</summary>
    UntrustedRoot,

    /// <summary>The certificate of an issuer was not sent. Without it the chain ends before a root, here or elsewhere.</summary>
    IntermediateMissing,

    /// <summary>The peer sent the chain in the wrong order.</summary>
    ChainOrder,

    /// <summary>The certificate was not issued for this use, such as a server's.</summary>
    WrongUsage,

    /// <summary>A certificate does not have the signature of its issuer.</summary>
    BadSignature,

    /// <summary>A certificate of the chain was revoked.</summary>
    Revoked,

    /// <summary>Nobody could tell whether a certificate of the chain was revoked.</summary>
    RevocationUnknown,

    /// <summary>The key is so short that it can be broken.</summary>
    WeakKey,

    /// <summary>A signature uses a hash function that can be broken.</summary>
    WeakSignature,

    /// <summary>The chain breaks another rule, which the text names.</summary>
    Invalid,

    /// <summary>The server offers a version of TLS that can be broken (RFC 8996; RFC 7568).</summary>
    OldProtocol,

    /// <summary>The server offers no version of TLS that is safe: neither 1.2 nor 1.3.</summary>
    NoModernProtocol,
}
