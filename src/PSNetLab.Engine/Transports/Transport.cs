using System.Net;
using System.Net.Sockets;

namespace PSNetLab.Engine;

/// <summary>A connected byte stream. One reader and one writer at a time; nothing here blocks a thread.</summary>
/// <remarks>
/// Reading is in two steps, so that a connection with nothing to read needs no buffer: wait until there is something,
/// then take it without waiting.
/// </remarks>
internal abstract class Transport : IDisposable
{
    private protected Transport(Socket socket)
    {
        Socket = socket;
        LocalEndPoint = (IPEndPoint)socket.LocalEndPoint!;
        RemoteEndPoint = (IPEndPoint)socket.RemoteEndPoint!;
    }

    internal Socket Socket { get; }

    internal IPEndPoint LocalEndPoint { get; }

    internal IPEndPoint RemoteEndPoint { get; }

    /// <summary>The transport that costs least here for a connected socket. On failure the socket is closed.</summary>
    internal static Transport Create(Socket socket, bool portable = false)
    {
        try
        {
            socket.Blocking = false;
            return EpollLoop.IsSupported && !portable ? new EpollTransport(socket) : new PortableTransport(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Completes when a read is worth trying: there is data, or the end, or an error.</summary>
    internal abstract ValueTask WaitReadableAsync(CancellationToken cancellationToken);

    /// <summary>Reads what is there: a number of bytes, 0 at the end of the stream, -1 when there is nothing yet.</summary>
    /// <exception cref="SocketException">The connection failed.</exception>
    internal abstract int TryReceive(Span<byte> buffer);

    /// <summary>Sends as much as the system takes at once; perhaps nothing.</summary>
    /// <exception cref="SocketException">The connection failed.</exception>
    internal abstract int TrySend(ReadOnlySpan<byte> data);

    /// <summary>Sends everything.</summary>
    internal abstract ValueTask SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken);

    /// <summary>Tells the peer that no more data will come (a FIN; with TLS, after a close_notify alert).</summary>
    internal virtual ValueTask ShutdownSendAsync()
    {
        Socket.Shutdown(SocketShutdown.Send);
        return default;
    }

    /// <summary>Ends the waiting of reader and writer, from any thread; the next read finds the end of the stream.</summary>
    internal abstract void Interrupt();

    /// <summary>Makes the end a reset: with nothing to linger for, close(2) sends RST instead of FIN (socket(7), SO_LINGER).</summary>
    internal void ResetOnDispose()
    {
        Socket.LingerState = new LingerOption(enable: true, seconds: 0);
        IsReset = true;
    }

    private protected bool IsReset { get; private set; }

    public virtual void Dispose() => Socket.Dispose();
}
