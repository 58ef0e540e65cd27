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

    /// <summary>Trusts this certificate and no other.</summary>
    internal static SslClientAuthenticationOptions ClientOptions => new()
    {
        TargetHost = "localhost",
        RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.GetCertHashString() == s_server.Value.GetCertHashString(),
    };

    private static X509Certificate2 Create()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));

        // TLS on Windows takes no key that lives in memory only.
        return new X509Certificate2(certificate.Export(X509ContentType.Pfx));
    }
}
