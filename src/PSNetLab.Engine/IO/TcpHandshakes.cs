using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace PSNetLab.Engine.IO;

/// <summary>
/// Turns accepted sockets into transports: with TLS, after a handshake that has a time limit and ends when the server
/// stops.
/// </summary>
internal sealed class TcpHandshakes(SslStreamCertificateContext? certificate, TurnGroup group, Action<NetLabException, EndPoint> onFault) : IDisposable
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
        try
        {
            remote = socket.RemoteEndPoint!;
            if (remote is IPEndPoint)
            {
                socket.NoDelay = true;
            }

            if (certificate is null)
            {
                return Transport.Create(socket, group);
            }

            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(_stopped.Token);
            limit.CancelAfter(s_timeout);
            SslServerAuthenticationOptions options = new() { ServerCertificateContext = certificate };
            return await TlsTransport.AcceptAsync(Transport.Create(socket, group), options, limit.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or IOException or AuthenticationException or ObjectDisposedException or OperationCanceledException)
        {
            // Without TLS the peer left before it sent anything; with TLS it may have sent something wrong.
            if (certificate is not null && remote is not null && !_stopped.IsCancellationRequested)
            {
                string what = error is OperationCanceledException
                    ? $"did not finish within {s_timeout.TotalSeconds} s"
                    : $"failed: {(error.InnerException ?? error).Message.TrimEnd('.')}";
                onFault(new NetLabException(FaultKind.TlsHandshakeFailed, $"The TLS handshake with {remote} {what}. Check that the client speaks TLS and accepts the certificate.", error), remote);
            }

            return null;
        }
    }
}
