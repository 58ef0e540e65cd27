using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.IO;

/// <summary>How a server speaks TLS.</summary>
/// <param name="Certificate">The certificate it presents.</param>
internal sealed record TlsServerOptions(SslStreamCertificateContext Certificate)
{
    /// <summary>Whether clients are asked for a certificate; null for not.</summary>
    internal ClientCertificateMode? ClientCertificate { get; init; }

    /// <summary>The issuers of clients' certificates to trust; null for those of the system.</summary>
    internal X509Certificate2Collection? Trusted { get; init; }

    /// <summary>The application protocols to offer (RFC 7301), the preferred one first.</summary>
    internal IReadOnlyList<string> Alpn { get; init; } = [];

    internal PeerCheck NewCheck() => new(new CertificateExpectation { IsClient = true, Trusted = Trusted })
    {
        AcceptsNone = ClientCertificate == ClientCertificateMode.Allow,
    };

    internal SslServerAuthenticationOptions ForHandshake(PeerCheck check) => new()
    {
        ServerCertificateContext = Certificate,
        ClientCertificateRequired = ClientCertificate is not null,

        // The ticket of a session keeps the certificate of the client, but not the intermediates that it sent.
        AllowTlsResume = ClientCertificate is null,
        RemoteCertificateValidationCallback = ClientCertificate is null ? null : check.Validate,
        CertificateChainPolicy = check.Expected.ChainPolicy(),
        ApplicationProtocols = TlsClientOptions.Protocols(Alpn),
    };
}

/// <summary>How a client speaks TLS.</summary>
internal sealed record TlsClientOptions
{
    private readonly string? _targetHost;

    /// <summary>The name the certificate must be issued for; the host if not given.</summary>
    /// <exception cref="NetLabException">It is not a name.</exception>
    internal string? TargetHost
    {
        get => _targetHost;
        init => _targetHost = value is null || HostNames.IsValid(value)
            ? value
            : throw new NetLabException(
                FaultKind.InvalidName,
                $"-TargetHost '{value}' is not a name that a server or a certificate can have. Write a name such as www.example.com, "
                    + "without a port, or an address.") { Subject = value };
    }

    /// <summary>The issuers to trust; null for those of the system.</summary>
    internal X509Certificate2Collection? Trusted { get; init; }

    /// <summary>The certificate to present if the server asks for one.</summary>
    internal SslStreamCertificateContext? Certificate { get; init; }

    /// <inheritdoc cref="TlsServerOptions.Alpn"/>
    internal IReadOnlyList<string> Alpn { get; init; } = [];

    internal bool SkipCertificateCheck { get; init; }

    /// <inheritdoc cref="CertificateExpectation.Soon"/>
    internal TimeSpan Soon { get; init; }

    /// <summary>How long to ask whether the certificates were revoked; null for not at all.</summary>
    internal TimeSpan? RevocationTimeout { get; init; }

    internal PeerCheck NewCheck(string? host) => new(new CertificateExpectation
    {
        Host = (TargetHost ?? host) is { } name ? Addresses.OfHost(name) : null,
        Trusted = Trusted,
        Soon = Soon,
        ChecksRevocation = RevocationTimeout is not null,
        RevocationTimeout = RevocationTimeout ?? TimeSpan.Zero,
    })
    {
        AcceptsAny = SkipCertificateCheck,
    };

    internal SslClientAuthenticationOptions ForHandshake(PeerCheck check) => new()
    {
        TargetHost = check.Expected.Host,
        ClientCertificateContext = Certificate,

        // A session that goes on would not show the certificate again, and this is about what the server makes of it.
        AllowTlsResume = Certificate is null,
        RemoteCertificateValidationCallback = check.Validate,
        CertificateChainPolicy = check.Expected.ChainPolicy(),
        ApplicationProtocols = Protocols(Alpn),
    };

    internal static List<SslApplicationProtocol>? Protocols(IReadOnlyList<string> names)
        => names.Count == 0 ? null : [.. names.Select(name => new SslApplicationProtocol(name))];
}
