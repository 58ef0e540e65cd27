using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PSNetLab.Engine.Tests;

/// <summary>A self-signed certificate for localhost, made once per run.</summary>
internal static class Certificates
{
    private static readonly Lazy<X509Certificate2> s_server = new(Create);
    private static readonly Lazy<SslStreamCertificateContext> s_context = new(() => SslStreamCertificateContext.Create(s_server.Value, null, offline: true));

    internal static SslStreamCertificateContext Server => s_context.Value;

    internal static SslServerAuthenticationOptions ServerOptions => new() { ServerCertificateContext = Server };

    /// <summary>Trusts this certificate and no other.</summary>
    internal static SslClientAuthenticationOptions ClientOptions => new()
    {
        TargetHost = "localhost",
        RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.GetCertHashString() == s_server.Value.GetCertHashString(),
    };

    /// <summary>A certificate of an issuer that nobody has, with the addresses where issuer and revocation list are to be had.</summary>
    internal static SslServerAuthenticationOptions IssuedBy(Uri issuer)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using ECDsa issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = NewRequest(key);
        request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([$"{issuer}ocsp"], [$"{issuer}issuer.crt"]));
        request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([$"{issuer}list.crl"]));
        X509SignatureGenerator signer = X509SignatureGenerator.CreateForECDsa(issuerKey);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 issued = request.Create(new X500DistinguishedName("CN=nobody"), signer, now.AddDays(-1), now.AddDays(1), [1]);
        using X509Certificate2 certificate = issued.CopyWithPrivateKey(key);
        return new() { ServerCertificateContext = SslStreamCertificateContext.Create(Keep(certificate), null, offline: true) };
    }

    private static X509Certificate2 Create()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 certificate = NewRequest(key).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return Keep(certificate);
    }

    private static CertificateRequest NewRequest(ECDsa key)
    {
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request;
    }

    // TLS on Windows takes no key that lives in memory only.
    private static X509Certificate2 Keep(X509Certificate2 certificate) => new(certificate.Export(X509ContentType.Pfx));
}
