using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Binding;

/// <summary>Where a certificate comes from: certificate objects and paths of files, which are read when they are needed.</summary>
public sealed class CertificateSource
{
    private readonly IReadOnlyList<object> _items;

    internal CertificateSource(IReadOnlyList<object> items) => _items = items;

    /// <summary>The paths, and the subjects of the objects.</summary>
    public override string ToString()
        => string.Join(", ", _items.Select(item => item is X509Certificate2 certificate ? certificate.Subject : item.ToString()));

    /// <summary>Reads certificates to trust. Their private keys do not matter, so they need no password.</summary>
    /// <param name="password">The password of the files.</param>
    /// <param name="stop">Cancelled when the pipeline is being stopped.</param>
    /// <exception cref="NetLabException">A file cannot be read, or its password is wrong.</exception>
    internal X509Certificate2Collection ReadTrusted(string? password, CancellationToken stop)
        => Read(password, stop, skipsKeys: true).Certificates;

    /// <inheritdoc cref="ReadTrusted"/>
    internal CertificateBag Read(string? password, CancellationToken stop, bool skipsKeys = false)
    {
        try
        {
            return SlowFile.Read(() => Read(password, skipsKeys), stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    private CertificateBag Read(string? password, bool skipsKeys)
    {
        CertificateBag bag = new() { SkipsKeys = skipsKeys };
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
