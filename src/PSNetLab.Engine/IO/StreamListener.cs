using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Native.Linux;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.IO;

/// <summary>Listens on an endpoint and hands out the connections that come in.</summary>
internal sealed class StreamListener : IDisposable
{
    private static readonly TimeSpan s_pauseWithoutDescriptors = TimeSpan.FromMilliseconds(100);

    private readonly Action<Func<NetLabException>> _onFault;
    private readonly bool _portable;
    private readonly object _gate = new();
    private EpollSocket? _epoll;
    private volatile bool _disposed;

    /// <param name="endPoint">Where to listen. The port is open when the constructor returns; who connects waits in the backlog until <see cref="AcceptAsync()"/>.</param>
    /// <param name="backlog">How many connections the system keeps waiting.</param>
    /// <param name="onFault">Told of what keeps a connection from being accepted.</param>
    /// <param name="portable">Accept as on systems without epoll.</param>
    /// <exception cref="NetLabException">The endpoint cannot be listened on.</exception>
    internal StreamListener(IPEndPoint endPoint, int backlog, Action<Func<NetLabException>> onFault, bool portable = false)
    {
        _onFault = onFault;
        _portable = portable || !EpollLoop.IsSupported;
        Socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.Address.Equals(IPAddress.IPv6Any))
            {
                Socket.DualMode = true;
            }

            Socket.Bind(endPoint);
            Socket.Listen(backlog);
            LocalEndPoint = (IPEndPoint)Socket.LocalEndPoint!;
            Socket.Blocking = _portable;
        }
        catch (SocketException error)
        {
            Socket.Dispose();
            throw SocketFaults.Listen(error, endPoint, ProtocolType.Tcp);
        }
    }

    internal IPEndPoint LocalEndPoint { get; }

    /// <summary>The listening socket.</summary>
    internal Socket Socket { get; }

    /// <summary>The next connection; null when listening has ended.</summary>
    internal async ValueTask<Socket?> AcceptAsync()
    {
        while (true)
        {
            try
            {
                return _portable ? await Socket.AcceptAsync().ConfigureAwait(false) : await AcceptAsync(_epoll ?? Register()).ConfigureAwait(false);
            }
            catch (Exception error) when (_disposed && error is SocketException or ObjectDisposedException)
            {
                return null;
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.TooManyOpenSockets)
            {
                _onFault(() => SocketFaults.NoDescriptors(
                    $"{LocalEndPoint} cannot take more connections",
                    "They wait until some are free; raise the limit (ulimit -n) or lower -MaxConnections.",
                    error));
                await Task.Delay(s_pauseWithoutDescriptors).ConfigureAwait(false);
            }
            catch (SocketException error) when (IsOfOneConnection(error.SocketErrorCode))
            {
                // Gone before it was accepted, or not let through by a firewall (accept(2), ERRORS): that does not concern the others.
            }
        }
    }

    /// <summary>Frees the port at once.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
        }

        _epoll?.Leave();
        _epoll?.Interrupt();
        Socket.Dispose();
    }

    private EpollSocket Register()
    {
        // A listener that was closed gives no event, so one that is being closed must not be waited for.
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _epoll = new EpollSocket(Socket);
        }
    }

    /// <summary>Accepts on the thread that will serve the connection: with the runtime's accept, each would cross the thread pool first.</summary>
    private static async ValueTask<Socket?> AcceptAsync(EpollSocket listener)
    {
        while (true)
        {
            await listener.WaitReadableAsync(CancellationToken.None).ConfigureAwait(false);
            if (!listener.BeginRead())
            {
                return null;
            }

            int descriptor = SocketCalls.Accept(listener.Handle, 0, 0, SocketCalls.NonBlocking | SocketCalls.CloseOnExec);
            if (descriptor >= 0 || !listener.WouldBlock())
            {
                listener.EndRead(mayHaveMore: true);
            }

            if (descriptor >= 0)
            {
                Socket socket = new(new SafeSocketHandle(descriptor, ownsHandle: true));
                if (socket.RemoteEndPoint is not null)
                {
                    return socket;
                }

                // Reset while it waited to be accepted.
                socket.Dispose();
            }
        }
    }

    private static bool IsOfOneConnection(SocketError error) => error
        is SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.AccessDenied
        or SocketError.NetworkDown or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.HostUnreachable
        or SocketError.ProtocolOption or SocketError.OperationNotSupported;
}
