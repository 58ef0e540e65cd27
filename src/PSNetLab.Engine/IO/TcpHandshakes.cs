using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.IO;

/// <summary>
/// Turns accepted sockets into transports: with TLS, after a handshake that has a time limit and ends when the server
/// stops.
/// </summary>
internal sealed class TcpHandshakes(TlsServerOptions? tls, TurnGroup group, Action<NetLabException, EndPoint> onFault) : IDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stopped = new();

    /// <summary>Aborts the handshakes in progress.</summary>
    public void Dispose()
    {
        _stopped.Cancel();
        _stopped.Dispose();
    }

    /// <summary>Makes the transport of a socket; null if the handshake failed. The caller closes the socket.</summary>
    internal async ValueTask<Transport?> OpenAsync(Socket socket)
    {
        EndPoint? remote = null;
        PeerCheck? check = tls?.NewCheck();
        try
        {
            remote = socket.RemoteEndPoint!;
            if (remote is IPEndPoint)
            {
                socket.NoDelay = true;
            }

            if (tls is null)
            {
                return Transport.Create(socket, group);
            }

            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(_stopped.Token);
            limit.CancelAfter(s_timeout);
            return await TlsTransport.AcceptAsync(
                Transport.Create(socket, group), tls.ForHandshake(check!), limit.Token, check).ConfigureAwait(false);
        }
        catch (Exception error) when (
            error is SocketException or IOException or AuthenticationException or CryptographicException or ObjectDisposedException
                or OperationCanceledException)
        {
            // Without TLS the peer left before it sent anything; with TLS it may have sent something wrong.
            if (check is not null && remote is not null && !_stopped.IsCancellationRequested)
            {
                onFault(Fault(error, check, remote), remote);
            }

            return null;
        }
    }

    private static NetLabException Fault(Exception error, PeerCheck check, EndPoint remote)
    {
        if (check.HasRejected)
        {
            return check.Certificate is { } certificate
                ? new(FaultKind.CertificateRejected,
                    $"The certificate of the client {remote}, {certificate.Subject}, was not accepted: {check.Complaint}. {check.Advice}"
                        .TrimEnd(), error)
                : new(
                    FaultKind.CertificateRejected,
                    $"The client {remote} sent no certificate, and -ClientCertificate Require asks for one. Give one to the client, or "
                        + "use -ClientCertificate Allow.",
                    error);
        }

        (string what, string advice) = error is OperationCanceledException
            ? ($"did not finish within {TimeText.Seconds(s_timeout)}", "Check that the client speaks TLS and accepts the certificate.")
            : TlsAlerts.Find(error) is { } alert
            ? ($"was ended by the client: {alert.Words}", alert.IsOurCertificate ? "Let the client trust the certificate, or give "
                + "another with -Certificate." : "Check the settings of the client.")
            : ($"failed: {(error.InnerException ?? error).Message.TrimEnd('.')}", "Check that the client speaks TLS and "
                + "accepts the certificate.");
        return new NetLabException(FaultKind.TlsHandshakeFailed, $"The TLS handshake with {remote} {what}. {advice}", error);
    }
}
