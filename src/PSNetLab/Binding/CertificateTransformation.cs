using System.Management.Automation;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PSNetLab.Binding;

/// <summary>Reads -Certificate: an X509Certificate2, or the path of a PFX file or of a PEM file with certificate and key.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class CertificateTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? input = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (input is X509Certificate2 certificate)
        {
            return certificate.HasPrivateKey
                ? certificate
                : throw new ArgumentTransformationMetadataException($"The certificate {certificate.Subject} has no private key, which a server needs. Load it together with its key, such as from a PFX file.");
        }

        string text = input?.ToString() ?? string.Empty;
        try
        {
            string path = engineIntrinsics.SessionState.Path.GetUnresolvedProviderPathFromPSPath(text);
            return File.ReadAllText(path).Contains("-----BEGIN", StringComparison.Ordinal)
                ? ForServer(X509Certificate2.CreateFromPemFile(path))
#pragma warning disable SYSLIB0057 // Its successor does not exist in .NET 8.
                : new X509Certificate2(path);
#pragma warning restore SYSLIB0057
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException or SessionStateException)
        {
            throw new ArgumentTransformationMetadataException($"'{text}' cannot be read as a certificate with its private key: {error.Message} Give an X509Certificate2, a PFX file without password, or a PEM file with both parts.", error);
        }
    }

    /// <summary>What -Tls and -Certificate ask for; null for no TLS.</summary>
    internal static SslStreamCertificateContext? ForServer(bool tls, X509Certificate2? certificate) => tls || certificate is not null
        ? SslStreamCertificateContext.Create(certificate ?? CreateForLocalhost(), additionalCertificates: null, offline: true)
        : null;

    /// <summary>A certificate for localhost, made for this run and signed by itself.</summary>
    internal static X509Certificate2 CreateForLocalhost()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("localhost");
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        names.AddIpAddress(System.Net.IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "Server Authentication")], critical: false));
        return ForServer(request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddYears(1)));
    }

    // Windows refuses to serve with a key that only lives in memory; a round trip through PFX gives it a place.
    private static X509Certificate2 ForServer(X509Certificate2 certificate)
    {
        if (!OperatingSystem.IsWindows())
        {
            return certificate;
        }

        using (certificate)
        {
#pragma warning disable SYSLIB0057
            return new X509Certificate2(certificate.Export(X509ContentType.Pfx));
#pragma warning restore SYSLIB0057
        }
    }
}
