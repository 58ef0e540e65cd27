using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PSNetLab.Engine.IO;

/// <summary>What a certificate says, read without trust in whoever made it.</summary>
internal static class CertificateFacts
{
    private const string Ed25519 = "1.3.101.112";
    private const string Ed448 = "1.3.101.113";

    /// <summary>The DNS names and addresses that a certificate was issued for; none if they cannot be read.</summary>
    internal static string[] Names(X509Certificate2 certificate)
    {
        try
        {
            return [.. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
                .SelectMany(extension => extension.EnumerateDnsNames()
                    .Concat(extension.EnumerateIPAddresses().Select(address => address.ToString())))];
        }
        catch (CryptographicException)
        {
            return [];
        }
    }

    /// <summary>What a certificate may be used for; nothing if that is not limited, or cannot be read.</summary>
    internal static string[] Usages(X509Certificate2 certificate)
    {
        try
        {
            return [.. certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>()
                .SelectMany(extension => extension.EnhancedKeyUsages.Cast<Oid>()).Select(NameOf)];
        }
        catch (CryptographicException)
        {
            return [];
        }
    }

    /// <summary>From when to when a certificate is valid, in local time; null for what cannot be read.</summary>
    internal static (DateTime? From, DateTime? To) Validity(X509Certificate2 certificate)
    {
        return (Read(static one => one.NotBefore), Read(static one => one.NotAfter));

        DateTime? Read(Func<X509Certificate2, DateTime> date)
        {
            try
            {
                return date(certificate);
            }
            catch (Exception error) when (error is CryptographicException or ArgumentException or FormatException)
            {
                return null; // such as a month 13, or a form that RFC 5280, section 4.1.2.5, does not allow
            }
        }
    }

    /// <summary>The algorithm of the public key, and its size; null if the size is not known.</summary>
    internal static (string Algorithm, int? Bits) Key(X509Certificate2 certificate)
    {
        try
        {
            using RSA? rsa = certificate.GetRSAPublicKey();
            using ECDsa? curve = rsa is null ? certificate.GetECDsaPublicKey() : null;
            using DSA? dsa = rsa is null && curve is null ? certificate.GetDSAPublicKey() : null;
            if (((AsymmetricAlgorithm?)rsa ?? curve ?? dsa as AsymmetricAlgorithm) is { } key)
            {
                return (rsa is not null ? "RSA" : curve is not null ? "ECDSA" : "DSA", key.KeySize);
            }
        }
        catch (CryptographicException)
        {
            // It cannot be read, or is of a kind that the system does not know.
        }

        return (certificate.PublicKey.Oid.Value switch
        {
            Ed25519 => nameof(Ed25519),
            Ed448 => nameof(Ed448),
            _ => NameOf(certificate.PublicKey.Oid),
        }, null);
    }

    /// <summary>The algorithm of the signature.</summary>
    internal static string Signature(X509Certificate2 certificate) => NameOf(certificate.SignatureAlgorithm);

    internal static bool IsIssuer(X509Certificate2 issuer, X509Certificate2 of)
        => of.IssuerName.RawData.AsSpan().SequenceEqual(issuer.SubjectName.RawData);

    internal static bool IsSelfIssued(X509Certificate2 certificate) => IsIssuer(certificate, certificate);

    internal static bool IsSame(X509Certificate2 one, X509Certificate2 other)
        => one.RawDataMemory.Span.SequenceEqual(other.RawDataMemory.Span);

    private static string NameOf(Oid oid) => oid.FriendlyName ?? oid.Value ?? string.Empty;
}
