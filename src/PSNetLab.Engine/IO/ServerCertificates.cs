using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PSNetLab.Engine.IO;

/// <summary>Makes certificates for servers.</summary>
internal static class ServerCertificates
{
    /// <summary>A certificate for localhost, made for this run.</summary>
    internal static SslStreamCertificateContext Localhost(SslCertificateTrust? trust = null) => Context(CreateForLocalhost(), trust);

    /// <summary>The form in which a server presents a certificate with its key.</summary>
    internal static SslStreamCertificateContext Context(X509Certificate2 certificate, SslCertificateTrust? trust = null)
        => SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true, trust);

    /// <summary>A self-signed certificate for localhost.</summary>
    internal static X509Certificate2 CreateForLocalhost()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return Usable(RequestForLocalhost(key).CreateSelfSigned(now.AddHours(-1), now.AddYears(1)));
    }

    /// <summary>The contents of a certificate for localhost, whoever signs it.</summary>
    internal static CertificateRequest RequestForLocalhost(ECDsa key)
    {
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "Server Authentication")], critical: false));
        return request;
    }

    /// <summary>
    /// The same certificate in a form that a server can use: Windows refuses a key that exists only in memory, and a
    /// round trip through PFX stores it.
    /// </summary>
    internal static X509Certificate2 Usable(X509Certificate2 certificate)
    {
        if (!OperatingSystem.IsWindows())
        {
            return certificate;
        }

        using (certificate)
        {
#pragma warning disable SYSLIB0057 // Its successor does not exist in .NET 8.
            return new X509Certificate2(certificate.Export(X509ContentType.Pfx));
#pragma warning restore SYSLIB0057
        }
    }
}
