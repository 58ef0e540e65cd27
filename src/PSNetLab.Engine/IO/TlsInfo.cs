using System.Net.Security;
using System.Security.Cryptography;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>What the two sides of a TLS connection agreed on, and who the peer is.</summary>
/// <remarks>
/// The certificates themselves are not public properties, because converters to JSON would take each of them apart. PowerShell has
/// them as hidden ones.
/// </remarks>
public sealed class TlsInfo
{
    private readonly PeerCheck? _check;

    internal TlsInfo(SslStream stream, PeerCheck? check)
    {
        Protocol = stream.SslProtocol.ToString();
        CipherSuite = stream.NegotiatedCipherSuite.ToString();
        Alpn = stream.NegotiatedApplicationProtocol.ToString() is { Length: > 0 } name ? name : null;
        ServerName = stream.TargetHostName is { Length: > 0 } host ? host : null;
        _check = check;
    }

    /// <summary>The version of TLS, such as Tls13.</summary>
    public string Protocol { get; }

    /// <summary>The algorithms that protect the connection, such as TLS_AES_256_GCM_SHA384.</summary>
    public string CipherSuite { get; }

    /// <summary>The application protocol that was agreed on (RFC 7301), such as http/1.1; null for none.</summary>
    public string? Alpn { get; }

    /// <summary>The name of the server that the client asked for (SNI; RFC 6066, section 3); null if it named none.</summary>
    public string? ServerName { get; }

    /// <summary>Whom the certificate of the peer names; null if it sent none.</summary>
    public string? PeerSubject => _check?.Certificate is { } peer ? PeerText.Visible(peer.Subject) : null;

    /// <summary>The SHA-256 hash of the certificate of the peer, in hexadecimal; null if it sent none.</summary>
    public string? PeerThumbprint => _check?.Certificate?.GetCertHashString(HashAlgorithmName.SHA256);

    /// <summary>The certificate of the peer; null if it sent none.</summary>
    internal CertificateInfo? PeerCertificate => _check?.Describe(source: null);

    /// <summary>The chain of the peer's certificate, from that certificate to its root, as far as it is known here.</summary>
    internal IReadOnlyList<CertificateInfo> PeerChain => PeerCertificate is { } own ? [own, .. own.Issuers] : [];

    /// <summary>The version and the algorithms.</summary>
    public override string ToString() => $"{Protocol} {CipherSuite}";
}
