namespace PSNetLab;

/// <summary>What can be wrong with a certificate or its chain.</summary>
public enum CertificateProblemKind
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

    /// <summary>The chain ends before a root: the certificate of an issuer is missing.</summary>
    IncompleteChain,

    /// <summary>The peer sent the chain in the wrong order.</summary>
    ChainOrder,

    /// <summary>The certificate was not issued for this use, such as a server's.</summary>
    WrongUsage,

    /// <summary>A certificate does not have the signature of its issuer.</summary>
    BadSignature,

    /// <summary>A certificate of the chain was revoked.</summary>
    Revoked,

    /// <summary>The key is so short that it can be broken.</summary>
    WeakKey,

    /// <summary>A signature uses a hash function that can be broken.</summary>
    WeakSignature,

    /// <summary>The chain breaks another rule, which the text names.</summary>
    Invalid,
}
