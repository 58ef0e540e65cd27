using System.Security.Cryptography.X509Certificates;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Checks;

/// <summary>Checks the certificates of a file: its rows are certificates, or the fault.</summary>
/// <param name="path">The file.</param>
/// <param name="password">Its password; null for none.</param>
/// <param name="options">What to measure the certificates by.</param>
/// <param name="timeout">How long reading the file may take.</param>
internal sealed class CertificateFileCheck(string path, string? password, TlsClientOptions options, TimeSpan timeout) : ICheck
{
    /// <inheritdoc/>
    public async ValueTask RunAsync(IMessageSink<object> rows, CancellationToken cancellationToken)
    {
        await LoopThread.Leave();
        CertificateBag bag = new() { SkipsKeys = true };
        try
        {
            await SlowFile.ReadAsync(() => bag.AddFile(path, password)).WaitAsync(timeout, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            string late = $"'{path}' was not read within {TimeText.Seconds(timeout)}. "
                + "Check that it is a file, and no pipe that nobody writes to.";
            await rows.AddAsync(new NetLabException(FaultKind.FileUnreadable, late) { Subject = path }, cancellationToken)
                .ConfigureAwait(false);
            return;
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
