using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace PSNetLab.Engine.IO;

/// <summary>Makes transports of accepted sockets: with TLS, after a handshake that has a limit in time and ends when the server stops.</summary>
internal sealed class TcpHandshakes(SslStreamCertificateContext? certificate, Action<NetLabException, EndPoint> onFault) : IDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stopped = new();

    /// <summary>Breaks off the handshakes that are under way.</summary>
    public void Dispose()
    {
        _stopped.Cancel();
        _stopped.Dispose();
    }

    /// <summary>The stream over a socket; null when none came about. The socket is the caller's to close.</summary>
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
                return Transport.Create(socket);
            }

            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(_stopped.Token);
            limit.CancelAfter(s_timeout);
            SslServerAuthenticationOptions options = new() { ServerCertificateContext = certificate };
            return await TlsTransport.AcceptAsync(Transport.Create(socket), options, limit.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or IOException or AuthenticationException or ObjectDisposedException or OperationCanceledException)
        {
            // Without TLS, the peer has gone before anything was said; with it, it may have said the wrong things.
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
