using System.Security.Cryptography.X509Certificates;
using PSNetLab.Engine.IO;

namespace PSNetLab.Binding;

/// <summary>Where a certificate comes from: certificate objects and paths of files, which are read when they are needed.</summary>
public sealed class CertificateSource
{
    private readonly IReadOnlyList<object> _items;

    internal CertificateSource(IReadOnlyList<object> items) => _items = items;

    /// <summary>The paths, and the subjects of the objects.</summary>
    public override string ToString()
        => string.Join(", ", _items.Select(item => item is X509Certificate2 certificate ? certificate.Subject : item.ToString()));

    /// <exception cref="NetLabException">A file cannot be read, or its password is wrong.</exception>
    internal CertificateBag Read(string? password) => Fill(new CertificateBag(), password);

    /// <summary>Only the certificates: whoever trusts them needs no keys, and no password for them.</summary>
    /// <exception cref="NetLabException">A file cannot be read.</exception>
    internal X509Certificate2Collection ReadTrusted() => Fill(new CertificateBag { SkipsKeys = true }, password: null).Certificates;

    private CertificateBag Fill(CertificateBag bag, string? password)
    {
        foreach (object item in _items)
        {
            if (item is X509Certificate2 certificate)
            {
                bag.Add(certificate);
            }
            else
            {
                bag.AddFile((string)item, password);
            }
        }

        return bag;
    }
}
