using System.Net;
using System.Net.Sockets;

namespace PSNetLab.Engine;

/// <summary>Listens on an endpoint and hands out the connections that come in.</summary>
internal sealed class TcpAcceptor : IDisposable
{
    private static readonly TimeSpan s_pauseWithoutDescriptors = TimeSpan.FromMilliseconds(100);

    private readonly Action<NetLabException> _onFault;
    private volatile bool _disposed;

    /// <param name="endPoint">Where to listen; the port is open when the constructor returns.</param>
    /// <param name="backlog">How many connections the system keeps waiting.</param>
    /// <param name="onFault">Told of what keeps a connection from being accepted.</param>
    /// <exception cref="NetLabException">The endpoint cannot be listened on.</exception>
    internal TcpAcceptor(IPEndPoint endPoint, int backlog, Action<NetLabException> onFault)
    {
        _onFault = onFault;
        Listener = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.Address.Equals(IPAddress.IPv6Any))
            {
                Listener.DualMode = true;
            }

            Listener.Bind(endPoint);
            Listener.Listen(backlog);
            LocalEndPoint = (IPEndPoint)Listener.LocalEndPoint!;
        }
        catch (SocketException error)
        {
            Listener.Dispose();
            throw SocketFaults.Listen(error, endPoint, ProtocolType.Tcp);
        }
    }

    internal IPEndPoint LocalEndPoint { get; }

    /// <summary>The listening socket.</summary>
    internal Socket Listener { get; }

    /// <summary>The next connection; null when listening has ended.</summary>
    internal async ValueTask<Socket?> AcceptAsync()
    {
        while (true)
        {
            try
            {
                return await Listener.AcceptAsync().ConfigureAwait(false);
            }
            catch (Exception error) when (_disposed && error is SocketException or ObjectDisposedException)
            {
                return null;
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.TooManyOpenSockets)
            {
                _onFault(new NetLabException(
                    FaultKind.TooManyOpenFiles,
                    $"{LocalEndPoint} cannot take more connections: no more file descriptors in this process. They wait until some are free; raise the limit (ulimit -n) or lower -MaxConnections.",
                    error));
                await Task.Delay(s_pauseWithoutDescriptors).ConfigureAwait(false);
            }
            catch (SocketException error) when (error.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
            {
                // Gone before it was accepted (accept(2)): that does not concern the others.
            }
        }
    }

    /// <summary>Frees the port at once.</summary>
    public void Dispose()
    {
        _disposed = true;
        Listener.Dispose();
    }
}
