using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using PSNetLab.Engine.Native.Linux;
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
    /// <param name="reserved">What <see cref="Reserve"/> has returned for it; null for a new socket.</param>
    /// <exception cref="NetLabException">The system refused to listen there.</exception>
    internal static StreamListener Open(
        EndPoint endPoint, int backlog, Action<Func<NetLabException>> onFault, bool reuseAddress = true, Socket? reserved = null)
    {
        try
        {
            bool hasEpoll = EpollLoop.IsSupported;
            Socket socket = reserved is null ? Bind(endPoint, backlog, reuseAddress) : Listen(reserved, backlog, isReserved: reuseAddress);
            return hasEpoll ? new EpollListener(socket, onFault) : new PortableListener(socket, onFault);
        }
        catch (SocketException error) when (endPoint is IPEndPoint ip)
        {
            throw SocketFaults.Listen(error, ip, ProtocolType.Tcp);
        }
    }

    /// <summary>A listening socket.</summary>
    internal static Socket Bind(EndPoint endPoint, int backlog, bool reuseAddress = true)
        => Listen(BindOnly(endPoint, reuseAddress), backlog);

    /// <summary>A socket that keeps a port from others and does not listen: the system refuses whoever connects.</summary>
    internal static Socket Reserve(EndPoint endPoint, bool reuseAddress)
    {
        Socket socket = BindOnly(endPoint, reuseAddress);
        if (reuseAddress)
        {
            AllowReuse(socket, false); // otherwise, somebody else who reuses addresses could listen there
        }

        return socket;
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

    /// <summary>The connections that wait to be accepted, where the system gives them without waiting.</summary>
    internal virtual IReadOnlyList<Socket> TakeWaiting() => [];

    /// <summary>The next connection; null once listening has ended.</summary>
    private protected abstract ValueTask<Socket?> AcceptOneAsync();

    /// <summary>Ends the wait for a connection.</summary>
    private protected virtual void Interrupt()
    {
    }

    private static Socket BindOnly(EndPoint endPoint, bool reuseAddress)
    {
        Socket socket = reuseAddress ? StreamSocket.For(endPoint) : StreamSocket.WithoutReuse(endPoint);
        try
        {
            if (endPoint is IPEndPoint ip && ip.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(endPoint);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static Socket Listen(Socket socket, int backlog, bool isReserved = false)
    {
        try
        {
            if (isReserved)
            {
                AllowReuse(socket, true); // otherwise, the connections of the port would be in the way
            }

            socket.Listen(backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sets SO_REUSEADDR by itself, where it can be changed after binding: the runtime would set SO_REUSEPORT as well.</summary>
    private static void AllowReuse(Socket socket, bool isAllowed)
    {
        if (OperatingSystem.IsLinux())
        {
            int value = isAllowed ? 1 : 0;
            socket.SetRawSocketOption(
                SocketCalls.LevelSocket, SocketCalls.ReuseAddress, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));
        }
    }

    private static bool IsOfOneConnection(SocketError error) => error
        is SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.AccessDenied
        or SocketError.NetworkDown or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.HostUnreachable
        or SocketError.ProtocolOption or SocketError.OperationNotSupported;
}
