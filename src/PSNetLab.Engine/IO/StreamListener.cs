using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.IO;

/// <summary>Listens on an endpoint and returns incoming connections.</summary>
internal abstract class StreamListener : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly Action<Func<NetLabException>> _onFault;
    private volatile bool _isDisposed;

    private protected StreamListener(Socket socket, Action<Func<NetLabException>> onFault)
    {
        Socket = socket;
        LocalEndPoint = socket.LocalEndPoint!;
        _onFault = onFault;
    }

    internal EndPoint LocalEndPoint { get; }

    /// <summary>The listening socket.</summary>
    internal Socket Socket { get; }

    /// <summary>Shares the turns on the event loops among the listener and its connections.</summary>
    internal TurnGroup Group { get; } = new();

    private protected bool IsDisposed => _isDisposed;

    /// <summary>
    /// The fastest listener on this system. The port is open when this returns; clients wait in the backlog until
    /// <see cref="AcceptAsync"/>.
    /// </summary>
    /// <param name="endPoint">The local endpoint.</param>
    /// <param name="backlog">How many connections may wait to be accepted.</param>
    /// <param name="onFault">Called each time something keeps connections from being accepted.</param>
    /// <param name="reuseAddress">Whether to take a port on which connections are in TIME-WAIT.</param>
    /// <exception cref="NetLabException">The system refused to listen there.</exception>
    internal static StreamListener Open(EndPoint endPoint, int backlog, Action<Func<NetLabException>> onFault, bool reuseAddress = true)
    {
        try
        {
            bool hasEpoll = EpollLoop.IsSupported;
            Socket socket = Bind(endPoint, backlog, reuseAddress);
            return hasEpoll ? new EpollListener(socket, onFault) : new PortableListener(socket, onFault);
        }
        catch (SocketException error) when (endPoint is IPEndPoint ip)
        {
            throw SocketFaults.Listen(error, ip, ProtocolType.Tcp);
        }
    }

    /// <summary>A listening socket.</summary>
    internal static Socket Bind(EndPoint endPoint, int backlog, bool reuseAddress = true)
    {
        Socket socket = reuseAddress ? StreamSocket.For(endPoint) : StreamSocket.WithoutReuse(endPoint);
        try
        {
            if (endPoint is IPEndPoint ip && ip.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(endPoint);
            socket.Listen(backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The next connection; null once listening has ended.</summary>
    internal async ValueTask<Socket?> AcceptAsync()
    {
        while (true)
        {
            try
            {
                if (!Descriptors.AreScarce)
                {
                    Socket? socket = await AcceptOneAsync().ConfigureAwait(false);
                    if (socket is not null)
                    {
                        Descriptors.Note(socket);
                    }

                    return socket;
                }

                _onFault(() => SocketFaults.NoDescriptors(
                    $"{LocalEndPoint} has stopped accepting connections",
                    $"The last {Descriptors.Reserve} of {Descriptors.Limit} are reserved for other work. New connections "
                        + "wait until more are free. Raise the limit (ulimit -n) or lower -MaxConnections."));
                await Task.Delay(s_pause).ConfigureAwait(false);
                if (_isDisposed)
                {
                    return null;
                }
            }
            catch (Exception error) when (_isDisposed && error is SocketException or ObjectDisposedException)
            {
                return null;
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.TooManyOpenSockets)
            {
                Descriptors.NoteExhausted();
            }
            catch (SocketException error) when (IsOfOneConnection(error.SocketErrorCode))
            {
                // The client left before it was accepted, or a firewall blocked it (accept(2), ERRORS). Others are not affected.
            }
            catch (SocketException error) when (error.SocketErrorCode is not (SocketError.NotSocket or SocketError.InvalidArgument))
            {
                // Most likely the system has no memory for it now.
                _onFault(
                    () => SocketFaults.Other(error, $"{LocalEndPoint} cannot accept connections now, and tries again ten times a second"));
                await Task.Delay(s_pause).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Frees the port at once.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        Interrupt();
        Socket.Dispose();
    }

    /// <summary>The next connection; null once listening has ended.</summary>
    private protected abstract ValueTask<Socket?> AcceptOneAsync();

    /// <summary>Ends the wait for a connection.</summary>
    private protected virtual void Interrupt()
    {
    }

    private static bool IsOfOneConnection(SocketError error) => error
        is SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.AccessDenied
        or SocketError.NetworkDown or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.HostUnreachable
        or SocketError.ProtocolOption or SocketError.OperationNotSupported;
}
