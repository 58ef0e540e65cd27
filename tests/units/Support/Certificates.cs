using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Tests;

/// <summary>A self-signed certificate for localhost, made once per run.</summary>
internal static class Certificates
{
    private static readonly Lazy<X509Certificate2> s_server = new(ServerCertificates.CreateForLocalhost);
    private static readonly Lazy<SslStreamCertificateContext> s_context = new(() => ServerCertificates.Context(s_server.Value));

    internal static SslStreamCertificateContext Server => s_context.Value;

    internal static TlsServerOptions Tls => new(Server);

    internal static SslServerAuthenticationOptions ServerOptions => new() { ServerCertificateContext = Server };

    /// <summary>Trusts this certificate and no other.</summary>
    internal static SslClientAuthenticationOptions ClientOptions => new()
    {
        TargetHost = "localhost",
        RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            certificate?.GetCertHashString() == s_server.Value.GetCertHashString(),
    };

    /// <summary>A certificate of an issuer that nobody has, with the addresses where issuer and revocation list are to be had.</summary>
    internal static SslServerAuthenticationOptions IssuedBy(Uri issuer)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using ECDsa issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = ServerCertificates.RequestForLocalhost(key);
        request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([$"{issuer}ocsp"], [$"{issuer}issuer.crt"]));
        request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([$"{issuer}list.crl"]));
        X509SignatureGenerator signer = X509SignatureGenerator.CreateForECDsa(issuerKey);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 issued = request.Create(
            new X500DistinguishedName("CN=nobody"), signer, now.AddDays(-1), now.AddDays(1), [1]);
        return new() { ServerCertificateContext = ServerCertificates.Context(ServerCertificates.Usable(issued.CopyWithPrivateKey(key))) };
    }
}
