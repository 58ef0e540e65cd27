using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PSNetLab.Engine.IO;

/// <summary>What a peer's certificate is measured by.</summary>
internal sealed record CertificateExpectation
{
    private static readonly Oid s_serverUsage = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid s_clientUsage = new("1.3.6.1.5.5.7.3.2");

    /// <summary>The name that the certificate must be for; null for any.</summary>
    internal string? Host { get; init; }

    /// <summary>Whether the peer is a client.</summary>
    internal bool IsClient { get; init; }

    /// <summary>The only roots to trust, and intermediates to find them by; null for the roots of the system.</summary>
    internal X509Certificate2Collection? Trusted { get; init; }

    internal DateTimeOffset Time { get; init; } = DateTimeOffset.UtcNow;

    /// <summary>How long before its end a certificate counts as expiring soon.</summary>
    internal TimeSpan Soon { get; init; }

    /// <summary>Whether to ask if the certificates were revoked, which lets the peer choose whom this machine talks to.</summary>
    internal bool ChecksRevocation { get; init; }

    /// <summary>How long a list of revoked certificates, or an answer about one, may take.</summary>
    internal TimeSpan RevocationTimeout { get; init; }

    internal string Peer => IsClient ? "client" : "server";

    /// <summary>
    /// How to build the chain. Nothing is downloaded unless asked for, because the peer chooses the addresses of its issuers and
    /// revocation lists.
    /// </summary>
    internal X509ChainPolicy ChainPolicy()
    {
        X509ChainPolicy policy = new()
        {
            DisableCertificateDownloads = true,
            RevocationMode = ChecksRevocation ? X509RevocationMode.Online : X509RevocationMode.NoCheck,
            UrlRetrievalTimeout = RevocationTimeout,
            VerificationTime = Time.LocalDateTime,
        };
        policy.ApplicationPolicy.Add(IsClient ? s_clientUsage : s_serverUsage);
        if (Trusted is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            foreach (X509Certificate2 trusted in Trusted)
            {
                (CertificateFacts.IsSelfIssued(trusted) ? policy.CustomTrustStore : policy.ExtraStore).Add(trusted);
            }
        }

        return policy;
    }
}
