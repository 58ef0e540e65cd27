using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using PSNetLab.Engine.Native.Linux;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.IO;

/// <summary>Connects for checks, which connect to many addresses and keep few connections.</summary>
/// <remarks>
/// On Linux, a port that is refused at once, as on this machine, costs four system calls and no object: a socket is watched by the event
/// loop only if there is something to wait for. A second connect(2) tells what has become of the first.
/// </remarks>
internal static class ProbeConnector
{
    // The most frequent failure costs no new exception.
    private static readonly SocketException s_refused = Errno.ToException(Errno.ECONNREFUSED);

    // As connect(2) says it of a connection that is reset a little earlier.
    private static readonly SocketException s_reset = Errno.ToException(Errno.ECONNRESET);

    /// <summary>Connects to one address. While the process is out of descriptors, it waits for one, if there is a time limit.</summary>
    /// <param name="remote">The address.</param>
    /// <param name="timeout">How long it may take; then the error is TimedOut.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The connection, or why there is none.</returns>
    internal static async ValueTask<(Transport? Connected, SocketException? Error)> ConnectAsync(
        IPEndPoint remote, TimeSpan timeout, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        TimeSpan left = timeout;
        while (true)
        {
            (Transport? Connected, SocketException? Error) outcome
                = await TryAsync(remote, left, cancellationToken).ConfigureAwait(false);
            left = timeout - Stopwatch.GetElapsedTime(started);
            if (outcome.Error?.SocketErrorCode != SocketError.TooManyOpenSockets || left <= TimeSpan.Zero)
            {
                return outcome;
            }

            await Descriptors.PauseAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static ValueTask<(Transport? Connected, SocketException? Error)> TryAsync(
        IPEndPoint remote, TimeSpan timeout, CancellationToken cancellationToken)
        => EpollLoop.IsSupported
            ? ConnectNow(remote, timeout, cancellationToken)
            : ConnectPortablyAsync(remote, timeout, cancellationToken);

    private static unsafe ValueTask<(Transport? Connected, SocketException? Error)> ConnectNow(
        IPEndPoint remote, TimeSpan timeout, CancellationToken cancellationToken)
    {
        SocketAddress address = remote.Serialize();
        int family = remote.AddressFamily == AddressFamily.InterNetworkV6 ? SocketCalls.FamilyIPv6 : SocketCalls.FamilyIP;
        int socket = SocketCalls.Open(family, SocketCalls.Stream | SocketCalls.NonBlocking | SocketCalls.CloseOnExec, 0);
        if (socket < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno is Errno.EMFILE or Errno.ENFILE)
            {
                Descriptors.NoteExhausted();
            }

            return new((null, Errno.ToException(errno)));
        }

        Descriptors.Note(socket);
        int error;
        fixed (byte* name = address.Buffer.Span)
        {
            error = Try(socket, name, address.Size);
            error = error == Errno.EINPROGRESS ? Try(socket, name, address.Size) : error;
        }

        if (error is not (0 or Errno.EALREADY))
        {
            _ = SocketCalls.Close(socket);
            return new((null, error == Errno.ECONNREFUSED ? s_refused : Errno.ToException(error)));
        }

        SafeSocketHandle handle = new(socket, ownsHandle: true);
        return error != 0 ? WaitAsync(handle, address, timeout, cancellationToken)
            : StreamSocket.Connected(handle) is { } connected ? new((Transport.Create(connected), null))
            : new((null, s_reset));
    }

    private static async ValueTask<(Transport? Connected, SocketException? Error)> WaitAsync(
        SafeSocketHandle handle, SocketAddress address, TimeSpan timeout, CancellationToken cancellationToken)
    {
        EpollSocket? epoll = null;
        bool isConnected = false;
        try
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(timeout);
            epoll = new EpollSocket(handle);
            while (true)
            {
                epoll.Write.Clear();
                int error = Try(handle, address);
                if (error == 0)
                {
                    Socket connected = new(handle);
                    isConnected = connected.RemoteEndPoint is not null;
                    return isConnected ? (new EpollTransport(connected, epoll), null) : (null, s_reset);
                }

                if (error != Errno.EALREADY)
                {
                    return (null, error == Errno.ECONNREFUSED ? s_refused : Errno.ToException(error));
                }

                await epoll.Write.WaitAsync(limit.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, new SocketException((int)SoftError(handle)));
        }
        catch (SocketException error)
        {
            return (null, error);
        }
        finally
        {
            if (!isConnected)
            {
                epoll?.Leave();
                handle.Dispose();
            }
        }
    }

    private static async ValueTask<(Transport? Connected, SocketException? Error)> ConnectPortablyAsync(
        IPEndPoint remote, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Socket? socket = null;
        try
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(timeout);
            socket = StreamSocket.For(remote);
            Descriptors.Note(socket);
            await socket.ConnectAsync(remote, limit.Token).ConfigureAwait(false);
            return (Transport.Create(socket), null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            socket?.Dispose();
            return (null, new SocketException((int)SocketError.TimedOut));
        }
        catch (SocketException error)
        {
            socket?.Dispose();
            return (null, error);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// What a router or firewall has said meanwhile, which does not end an attempt (RFC 1122, section 4.2.3.9), or TimedOut.
    /// </summary>
    private static SocketError SoftError(SafeSocketHandle handle)
    {
        // Without Dispose: the handle is closed elsewhere.
        Socket socket = new(handle);
        return socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is int error and not 0
            ? (SocketError)error
            : SocketError.TimedOut;
    }

    private static unsafe int Try(int socket, byte* name, int length)
    {
        int result;
        do
        {
            result = SocketCalls.Connect(socket, name, (uint)length) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        while (result == Errno.EINTR);
        return result;
    }

    private static unsafe int Try(SafeSocketHandle socket, SocketAddress address)
    {
        fixed (byte* name = address.Buffer.Span)
        {
            return SocketCalls.Connect(socket, name, (uint)address.Size) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }
}
