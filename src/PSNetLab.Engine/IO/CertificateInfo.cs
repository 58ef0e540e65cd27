using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>A certificate as a check saw it.</summary>
public sealed class CertificateInfo
{
    private readonly byte[] _encoded;

    internal CertificateInfo(X509Certificate2 certificate, DateTimeOffset seen)
    {
        _encoded = certificate.RawData;
        Subject = PeerText.Visible(certificate.Subject);
        Names = new(CertificateFacts.Names(certificate).Select(PeerText.Visible));
        Issuer = PeerText.Visible(certificate.Issuer);
        (Begins, Ends) = CertificateFacts.Validity(certificate);
        Days = Ends is { } end ? (int)Math.Floor((end.ToUniversalTime() - seen.UtcDateTime).TotalDays) : null;
        Thumbprint = certificate.GetCertHashString(HashAlgorithmName.SHA256);
        SerialNumber = certificate.SerialNumber;
        (KeyAlgorithm, KeyBits) = CertificateFacts.Key(certificate);
        SignatureAlgorithm = CertificateFacts.Signature(certificate);
    }

    /// <summary>Where it was seen: host and port, or the path of a file; null for a certificate of a chain.</summary>
    public string? Source { get; internal init; }

    /// <summary>Whom it names.</summary>
    public string Subject { get; }

    /// <summary>The DNS names and addresses it was issued for (RFC 9525, section 6).</summary>
    public TextList<string> Names { get; }

    /// <summary>Who issued it.</summary>
    public string Issuer { get; }

    /// <summary>When it becomes valid, in local time; null if that cannot be read.</summary>
    public object? NotBefore => FileValue.Of(Begins);

    /// <summary>When it expires, in local time; null if that cannot be read.</summary>
    public object? NotAfter => FileValue.Of(Ends);

    /// <summary>The whole days until it expires; negative if it has, null if that cannot be read.</summary>
    public object? DaysLeft => FileValue.Of(Days);

    /// <summary>What is wrong with it and its chain; nothing where the result that has the certificate says that itself.</summary>
    public TextList<CertificateProblem> Problems { get; internal set; } = new([]);

    /// <summary>The SHA-256 hash of the certificate, in hexadecimal.</summary>
    public string Thumbprint { get; }

    /// <summary>The number that its issuer gave it, in hexadecimal.</summary>
    public string SerialNumber { get; }

    /// <summary>The kind of its key, such as RSA or ECDSA.</summary>
    public string KeyAlgorithm { get; }

    /// <summary>The size of its key; null if it is not known.</summary>
    public int? KeyBits { get; }

    /// <summary>The algorithm of the signature of its issuer.</summary>
    public string SignatureAlgorithm { get; }

    /// <summary>The subjects of its issuers, up to the root, as far as they are known here.</summary>
    public TextList<string> Chain => new(Issuers.Select(issuer => issuer.Subject));

    /// <summary>The subjects of what came with it, in the order in which it came.</summary>
    public TextList<string> Sent => new(Others.Select(other => other.Subject));

    internal IReadOnlyList<CertificateInfo> Issuers { get; init; } = [];

    internal IReadOnlyList<CertificateInfo> Others { get; init; } = [];

    internal int? Days { get; }

    internal DateTime? Begins { get; }

    internal DateTime? Ends { get; }

    /// <summary>The certificate as an object of .NET.</summary>
    /// <param name="certificate">The description of a certificate.</param>
    public static explicit operator X509Certificate2?(CertificateInfo? certificate) => certificate?.ToX509Certificate2();

    /// <summary>The certificate as an object of .NET, without a private key.</summary>
    public X509Certificate2 ToX509Certificate2() => new(_encoded);

    /// <summary>The certificate as text (RFC 7468, section 5), as files of web servers have it.</summary>
    public string ExportCertificatePem() => PemEncoding.WriteString("CERTIFICATE", _encoded);

    /// <summary>The certificates of <see cref="Chain"/>.</summary>
    public IReadOnlyList<CertificateInfo> GetChain() => Issuers;

    /// <summary>The certificates of <see cref="Sent"/>.</summary>
    public IReadOnlyList<CertificateInfo> GetSent() => Others;

    /// <summary>The same for a result that says itself what is wrong: so deep, the problems would be cut off in JSON.</summary>
    internal CertificateInfo WithoutProblems()
    {
        CertificateInfo copy = (CertificateInfo)MemberwiseClone();
        copy.Problems = new([]);
        return copy;
    }

    /// <summary>The subject.</summary>
    public override string ToString() => Subject;
}
