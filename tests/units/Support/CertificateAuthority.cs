using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace PSNetLab.Engine.Tests;

/// <summary>Issues certificates for tests: a root, or an intermediate below another.</summary>
internal sealed class CertificateAuthority
{
    internal const string ForServers = "1.3.6.1.5.5.7.3.1";
    internal const string ForClients = "1.3.6.1.5.5.7.3.2";

    private static readonly DateTimeOffset s_now = DateTimeOffset.UtcNow;

    private int _issued;

    internal CertificateAuthority(string name, CertificateAuthority? issuer = null)
    {
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        Certificate = issuer?.Sign(request, s_now.AddYears(-1), s_now.AddYears(1)).CopyWithPrivateKey(key)
            ?? request.CreateSelfSigned(s_now.AddYears(-2), s_now.AddYears(2));
    }

    /// <summary>The certificate of the authority, with its key.</summary>
    internal X509Certificate2 Certificate { get; }

    /// <summary>The certificate of the authority, without its key.</summary>
    internal X509Certificate2 Public => new(Certificate.RawDataMemory.Span);

    /// <summary>A certificate with its key.</summary>
    internal X509Certificate2 Issue(
        string name, AsymmetricAlgorithm? key =
            null, DateTimeOffset? from = null, DateTimeOffset? to = null, string usage = ForServers, HashAlgorithmName? hash = null)
    {
        key ??= ECDsa.Create(ECCurve.NamedCurves.nistP256);
        HashAlgorithmName algorithm = hash ?? HashAlgorithmName.SHA256;
        CertificateRequest request = key is RSA rsa
            ? new($"CN={name}", rsa, algorithm, RSASignaturePadding.Pkcs1)
            : new($"CN={name}", (ECDsa)key, algorithm);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        X509Certificate2 issued = Sign(request, from ?? s_now.AddDays(-10), to ?? s_now.AddDays(90));
        return key is RSA own ? issued.CopyWithPrivateKey(own) : issued.CopyWithPrivateKey((ECDsa)key);
    }

    /// <summary>The same certificate, but the digits of a month are others, as some devices and evil servers have them.</summary>
    internal static X509Certificate2 WithMonth(X509Certificate2 certificate, string month, bool ofEnd = false)
    {
        byte[] bytes = certificate.RawData;
        int validity = bytes.AsSpan().IndexOf((byte[])[0x30, 0x1E, 0x17, 0x0D]);
        Encoding.ASCII.GetBytes(month).CopyTo(bytes.AsSpan(validity + (ofEnd ? 21 : 6)));
        return new X509Certificate2(bytes);
    }

    private X509Certificate2 Sign(CertificateRequest request, DateTimeOffset from, DateTimeOffset to)
    {
        X509SignatureGenerator signer = X509SignatureGenerator.CreateForECDsa(Certificate.GetECDsaPrivateKey()!);
        if (request.CertificateExtensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault() is null)
        {
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, false, 0, critical: true));
        }

        return request.Create(Certificate.SubjectName, signer, from, to, [1, (byte)++_issued]);
    }
}
