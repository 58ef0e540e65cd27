using PSNetLab.Engine.Checks;

namespace PSNetLab;

/// <summary>Which versions of TLS a server speaks.</summary>
public sealed class TlsVersions
{
    private readonly IReadOnlyDictionary<TlsVersion, TlsVersionStatus> _found;

    internal TlsVersions(IReadOnlyDictionary<TlsVersion, TlsVersionStatus> found) => _found = found;

    /// <summary>SSL 3.0, which must not be used (RFC 7568).</summary>
    public TlsVersionStatus Ssl3 => this[TlsVersion.Ssl3];

    /// <summary>TLS 1.0, which must not be used (RFC 8996).</summary>
    public TlsVersionStatus Tls10 => this[TlsVersion.Tls10];

    /// <summary>TLS 1.1, which must not be used (RFC 8996).</summary>
    public TlsVersionStatus Tls11 => this[TlsVersion.Tls11];

    /// <summary>TLS 1.2.</summary>
    public TlsVersionStatus Tls12 => this[TlsVersion.Tls12];

    /// <summary>TLS 1.3.</summary>
    public TlsVersionStatus Tls13 => this[TlsVersion.Tls13];

    internal IEnumerable<TlsVersion> Offered => Enum.GetValues<TlsVersion>().Where(version => this[version] == TlsVersionStatus.Offered);

    internal TlsVersionStatus this[TlsVersion version] => _found.GetValueOrDefault(version);

    /// <summary>The versions that it speaks.</summary>
    public override string ToString() => string.Join("; ", Offered);
}
