using System.Security.Cryptography.X509Certificates;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Checks;

/// <summary>Checks the certificates of a file: its rows are certificates, or the fault.</summary>
/// <param name="path">The file.</param>
/// <param name="password">Its password; null for none.</param>
/// <param name="options">What to measure the certificates by.</param>
internal sealed class CertificateFileCheck(string path, string? password, TlsClientOptions options) : ICheck
{
    /// <inheritdoc/>
    public async ValueTask RunAsync(IMessageSink<object> rows, CancellationToken cancellationToken)
    {
        await LoopThread.Leave();
        CertificateBag bag = new() { SkipsKeys = true };
        try
        {
            bag.AddFile(path, password);
        }
        catch (NetLabException fault)
        {
            await rows.AddAsync(fault, cancellationToken).ConfigureAwait(false);
            return;
        }

        foreach ((X509Certificate2 own, X509Certificate2[] sent) in bag.Chains())
        {
            PeerCheck check = options.NewCheck(host: null);

            // Abandoned at the end, because nothing can abort it.
            await Task.Run(() => check.Look(sent, own), CancellationToken.None).WaitAsync(cancellationToken).ConfigureAwait(false);
            await rows.AddAsync(check.Describe(path)!, cancellationToken).ConfigureAwait(false);
        }
    }
}
