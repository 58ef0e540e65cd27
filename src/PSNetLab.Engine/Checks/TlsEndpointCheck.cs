using System.Diagnostics;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Checks;

/// <summary>How to check servers of TLS.</summary>
internal sealed record TlsEndpointOptions
{
    internal const int DefaultWarningDays = 30;

    internal static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How long everything may take together, from connecting to the last version.</summary>
    internal TimeSpan Timeout { get; init; } = DefaultTimeout;

    /// <summary>The protocol in which to ask for TLS; null if the connection begins with it.</summary>
    internal StartTlsProtocol? StartTls { get; init; }

    /// <summary>How to speak TLS, and what to measure the certificate by.</summary>
    internal TlsClientOptions Tls { get; init; } = new() { SkipCertificateCheck = true };

    /// <summary>Whether to ask for the versions of TLS only if the handshake fails.</summary>
    internal bool SkipVersionScan { get; init; }
}

/// <summary>Checks the certificate and the TLS of a server.</summary>
internal sealed class TlsEndpointCheck(TlsEndpointOptions options, CheckedName name, int port) : ICheck
{
    // How long after a handshake a server is heard that may still object to the certificate of this side.
    private static readonly TimeSpan s_objection = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan s_closePatience = TimeSpan.FromMilliseconds(250);

    private readonly TlsEndpointResult _result = new(name.Text, port);
    private bool _isStranger;
    private readonly PeerCheck _check = options.Tls.NewCheck(name.Text);

    /// <inheritdoc/>
    public async ValueTask RunAsync(IMessageSink<object> rows, CancellationToken cancellationToken)
    {
        try
        {
            await CheckAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (NetLabException fault)
        {
            _result.Fault = fault;
        }

        await LoopThread.Leave();
        Conclude();
        await rows.AddAsync(_result, cancellationToken).ConfigureAwait(false);
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        Resolution resolution = await name.ResolveAsync().ConfigureAwait(false);
        _result.ResolveTime = resolution.Duration;
        long began = Stopwatch.GetTimestamp();
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Timeout);
        HostConnector.Connection connected = await HostConnector.ConnectAsync(
            name.Text, port, resolution, options.Timeout, cancellationToken).ConfigureAwait(false);
        _result.Remote = connected.Remote.Address;
        _result.ConnectTime = connected.Duration;
        TlsDoor door = new(name.Text, connected.Remote, options.StartTls, _check.Expected.Host!);
        Task closing = Task.CompletedTask;
        try
        {
            TlsTransport tls = await HandshakeAsync(door, connected.Transport, limit.Token, cancellationToken).ConfigureAwait(false);
            await ListenAsync(tls, cancellationToken).ConfigureAwait(false);
            closing = CloseAsync(tls, limit.Token);
        }
        catch (NetLabException fault) when (!_isStranger && fault.Kind is FaultKind.TlsHandshakeFailed or FaultKind.OwnCertificateRejected)
        {
            _result.Fault = fault; // the versions may say why
        }

        try
        {
            if (!options.SkipVersionScan || (_result.Fault is not null && _check.Certificate is null))
            {
                await ScanAsync(door, options.Timeout - Stopwatch.GetElapsedTime(began), cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            await closing.ConfigureAwait(false);
        }
    }

    /// <summary>Shakes hands as a client of this system does. On failure the connection is closed.</summary>
    private async Task<TlsTransport> HandshakeAsync(
        TlsDoor door, Transport connected, CancellationToken time, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(time);
        FirstAnswer first = new(() => limit.CancelAfter(TimeSpan.Zero)); // elsewhere, because the connection is being read
        try
        {
            long started = Stopwatch.GetTimestamp();
            await door.AskAsync(connected, limit.Token).ConfigureAwait(false);
            _result.StartTlsTime = options.StartTls is null ? null : Stopwatch.GetElapsedTime(started);
            started = Stopwatch.GetTimestamp();
            connected.Tap = first;
            TlsTransport tls = await TlsTransport.ConnectAsync(connected, options.Tls.ForHandshake(_check), limit.Token, _check)
                .ConfigureAwait(false);
            _result.HandshakeTime = Stopwatch.GetElapsedTime(started);
            _result.Protocol = tls.Tls!.Protocol;
            _result.CipherSuite = tls.Tls.CipherSuite;
            _result.Alpn = tls.Tls.Alpn;
            return tls;
        }
        catch (Exception error)
        {
            connected.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            _isStranger = first.Strange is not null;
            throw error switch
            {
                _ when first.Strange is { } said => Stranger(said),
                NetLabException fault => fault,
                OperationCanceledException => new NetLabException(
                    FaultKind.ConnectTimeout,
                    $"{_result.Target} accepted the connection but did not finish the TLS handshake within "
                        + $"{TimeText.Seconds(options.Timeout)}. "
                    + "Check that it speaks TLS on this port, and how (-StartTls), or raise -TimeoutSec."),

                // Whatever the runtime throws, the handshake has failed.
                _ => TlsAlerts.Fault(error, _result.Target),
            };
        }
    }

    private NetLabException Stranger(string said)
    {
        string advice = options.StartTls is null ? "Check the port; if TLS begins after plain text, use -StartTls." : "Check the port.";
        return new NetLabException(
            FaultKind.TlsHandshakeFailed, $"{_result.Target} does not speak TLS: it answered '{PeerText.Shown(said)}'. {advice}");
    }

    /// <summary>Hears whether the server objects to the certificate of this side, or to its having none.</summary>
    private async ValueTask ListenAsync(TlsTransport tls, CancellationToken cancellationToken)
    {
        _result.ClientCertificateRequested = tls.MayBeRejected;
        if (!tls.MayBeRejected)
        {
            return;
        }

        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_result.ConnectTime!.Value + s_objection);
        try
        {
            await tls.WaitReadableAsync(limit.Token).ConfigureAwait(false);
        }
        catch (NetLabException fault)
        {
            _result.Fault = fault;
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // It has nothing to say, or ends for another reason.
        }
        catch
        {
            tls.Dispose();
            throw;
        }
    }

    private static async Task CloseAsync(TlsTransport tls, CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration stop = cancellationToken.UnsafeRegister(static one => ((Transport)one!).Abort(), tls);
        await tls.CloseAsync(s_closePatience).ConfigureAwait(false);
    }

    private async ValueTask ScanAsync(TlsDoor door, TimeSpan left, CancellationToken cancellationToken)
    {
        TlsVersionScan scan = new(door, _check.Expected.Host!, left);
        TlsVersion? agreed = _result.Protocol is { } protocol ? VersionOf(protocol) : null;
        TlsVersions versions = await scan.RunAsync(agreed, cancellationToken).ConfigureAwait(false);
        _result.Versions = versions;
        TlsVersion readable = versions.Offered.Where(version => version < TlsVersion.Tls13).LastOrDefault();
        if (_check.Certificate is null && readable != default
            && await scan.ReadCertificatesAsync(readable, cancellationToken).ConfigureAwait(false) is { } answer)
        {
            _result.Protocol ??= answer.Version.ToString();
            _result.CipherSuite ??= ((TlsCipherSuite)answer.CipherSuite).ToString();
            _result.ClientCertificateRequested ??= answer.AsksForCertificate;

            // In the thread pool, and abandoned at the end: nothing can abort it.
            Task look = Task.Run(() => _check.Look(Read(answer.Certificates)), CancellationToken.None);
            await look.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static TlsVersion? VersionOf(string protocol) => protocol switch
    {
        "Tls" => TlsVersion.Tls10, // as .NET says it
        _ => Enum.TryParse(protocol, out TlsVersion version) ? version : null,
    };

    /// <summary>The certificates that can be read. Their makers are not trusted: nothing but a certificate is tried.</summary>
    private static X509Certificate2[] Read(IReadOnlyList<byte[]> encoded)
    {
        List<X509Certificate2> certificates = [];
        foreach (byte[] one in encoded)
        {
            try
            {
                if (X509Certificate2.GetCertContentType(one) == X509ContentType.Cert)
                {
                    certificates.Add(new X509Certificate2(one));
                }
            }
            catch (Exception error) when (error is ArgumentException or CryptographicException)
            {
                // Then the chain ends here.
            }
        }

        return [.. certificates];
    }

    private void Conclude()
    {
        _result.Seen = _check.Describe(_result.Target);
        IEnumerable<CertificateProblem> problems = [.. _check.Problems, .. ProtocolProblems()];
        _result.Problems = new(problems.OrderBy(problem => problem.IsWarning));
        if (_result.Problems.Count > 0)
        {
            string advice = CertificateProblems.Advice(_result.Problems, _check.Expected);
            string words = string.Join("; ", _result.Problems.Select(problem => problem.Text));
            _result.Complaint = $"{_result.Target}: {words}. {advice}".TrimEnd();
        }
    }

    private IEnumerable<CertificateProblem> ProtocolProblems()
    {
        TlsVersions? versions = _result.Versions;
        TlsVersion[] offered = versions is not null ? [.. versions.Offered]
            : _result.Protocol is { } agreed && VersionOf(agreed) is { } version ? [version]
            : [];
        TlsVersion[] old = [.. offered.Where(one => one < TlsVersion.Tls12)];
        if (old.Length > 0)
        {
            yield return new(
                CertificateProblemKind.OldProtocol,
                $"the server offers {string.Join(", ", old.Select(Words))}, which can be broken",
                string.Empty,
                isWarning: true);
        }

        if (old.Length > 0 && versions is { Tls12: TlsVersionStatus.Refused, Tls13: TlsVersionStatus.Refused })
        {
            yield return new(
                CertificateProblemKind.NoModernProtocol,
                "the server offers neither TLS 1.2 nor TLS 1.3, and clients of today offer nothing else",
                string.Empty);
        }
    }

    private static string Words(TlsVersion version)
        => version == TlsVersion.Ssl3 ? "SSL 3.0" : $"TLS 1.{(int)version - (int)TlsVersion.Tls10}";
}
