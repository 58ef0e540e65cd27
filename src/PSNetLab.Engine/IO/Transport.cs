using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using PSNetLab.Engine.Native.Linux;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.IO;

/// <summary>A connected byte stream. One reader and one writer at a time; nothing here blocks a thread.</summary>
/// <remarks>
/// Reading takes two steps, so that a connection with nothing to read needs no buffer: wait until there is something, then
/// read it without waiting.
/// </remarks>
internal abstract partial class Transport : IDisposable
{
    /// <summary>The most bytes of one call: the system copies them in about a third of a millisecond.</summary>
    private protected const int MostBytesPerCall = 1024 * 1024;

    private const int ChunkBytes = 64 * 1024;


    private ITap? _tap;
    private int _id;

    private protected Transport(Socket socket)
    {
        Socket = socket;
        if (socket.Blocking)
        {
            socket.Blocking = false;
        }

        LocalEndPoint = socket.LocalEndPoint!;
        RemoteEndPoint = socket.RemoteEndPoint!;
    }

    internal Socket Socket { get; }

    internal EndPoint LocalEndPoint { get; }

    internal EndPoint RemoteEndPoint { get; }

    /// <summary>
    /// Whether a connection to a port that nobody listens on has its own other end there, as happens where the system gives that very
    /// port to the side that connects.
    /// </summary>
    internal bool IsItself => LocalEndPoint is IPEndPoint own && own.Equals(RemoteEndPoint);

    /// <summary>The number of the connection, unique in this process.</summary>
    internal int Id
    {
        get
        {
            if (Volatile.Read(ref _id) == 0)
            {
                Interlocked.CompareExchange(ref _id, ConnectionIds.Next(), 0);
            }

            return _id;
        }
    }

    /// <summary>Watches the bytes in both directions, until the connection is closed. Without one, null, watching costs nothing.</summary>
    internal ITap? Tap
    {
        get => Volatile.Read(ref _tap);
        set => Volatile.Write(ref _tap, value);
    }

    /// <summary>Told when a send has to wait; null for nobody.</summary>
    internal virtual ISendWaits? SendWaits { get; set; }

    /// <summary>
    /// Called when the connection has failed, as by a reset, even while nobody reads or writes; perhaps more than once. On an event
    /// loop only, and on its thread: elsewhere ask <see cref="IsBroken"/> from time to time.
    /// </summary>
    internal virtual Action? Broken { get; set; }

    /// <summary>Whether <see cref="Broken"/> has been called, or is about to be.</summary>
    internal virtual bool IsKnownBroken => false;

    /// <summary>The fastest transport on this system for a connected socket. On failure the socket is closed.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="group">Who it shares turns with; null for nobody.</param>
    internal static Transport Create(Socket socket, TurnGroup? group = null)
    {
        try
        {
            return EpollLoop.IsSupported ? new EpollTransport(socket, group) : new PortableTransport(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>What is known about the TLS that protects the stream; null without TLS.</summary>
    internal virtual TlsInfo? Tls => null;

    /// <summary>Whether the peer may still reject the certificate of this side: it asked for one, and has not answered yet.</summary>
    internal virtual bool MayBeRejected => false;

    /// <summary>Whether sending from a file avoids a copy.</summary>
    internal virtual bool SendsFilesWithoutCopy => false;

    /// <summary>Whether the end of the stream needs a message of its own before the connection ends, as in TLS.</summary>
    internal virtual bool NeedsCloseNotify => false;

    /// <summary>
    /// Whether the number of bytes that the peer has yet to acknowledge (tcp(7), SIOCOUTQ) has changed. A write alone does not show that
    /// the peer takes something: the system accepts more only once a good part of its send buffer is free, which a slow peer may not
    /// reach in time.
    /// </summary>
    /// <param name="unacknowledged">The number when the caller last asked. Each who asks has its own.</param>
    /// <returns>False also where the system does not report it, and once the socket is closed.</returns>
    internal bool HasProgressed(ref int unacknowledged)
    {
        try
        {
            int before = unacknowledged;
            unacknowledged = SocketCalls.Unacknowledged(Socket.SafeHandle) ?? before;
            return unacknowledged != before;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Whether the reader must let others go first, with <see cref="NextTurnAsync"/>. It reads the clock.</summary>
    internal abstract bool IsTurnOver { get; }

    /// <summary>Lets the reader of this transport continue after others have had their turn.</summary>
    internal abstract ValueTask NextTurnAsync();

    /// <summary>Completes when there may be something to read: data, the end of the stream, or an error.</summary>
    internal abstract ValueTask WaitReadableAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Prepares what has arrived for <see cref="TryReceive"/>, without waiting for more. Call it instead of
    /// <see cref="WaitReadableAsync"/>; only a transport that decrypts has something to do.
    /// </summary>
    internal virtual ValueTask PollAsync() => default;

    /// <summary>How many bytes can be read without waiting; a transport that decrypts says at least so many.</summary>
    internal virtual long Waiting => Socket.Available;

    /// <summary>Reads what is there; returns the number of bytes, 0 at the end of the stream, -1 if there is nothing yet.</summary>
    /// <exception cref="SocketException">The connection failed.</exception>
    internal int TryReceive(Span<byte> buffer)
    {
        int count;
        try
        {
            count = ReceiveNow(buffer);
        }
        catch (Exception error) when (NoteFailure(error))
        {
            throw;
        }

        if (Tap is { } tap && count >= 0)
        {
            long now = Stopwatch.GetTimestamp();
            tap.OnReceived(buffer[..count], now);
            if (count == 0 && HasReceivedEnd && !SawReset)
            {
                tap.OnReceivedEnd(now);
            }
        }

        return count;
    }

    /// <summary>Sends as much as the system accepts at once, which may be nothing.</summary>
    /// <exception cref="SocketException">The connection failed.</exception>
    internal int TrySend(ReadOnlySpan<byte> data)
    {
        long before = Before();
        int sent = SendNow(data);
        Show(data[..sent], before);
        return sent;
    }

    /// <summary>Sends two parts, one after the other, as far as the system accepts them at once.</summary>
    /// <param name="first">The first part.</param>
    /// <param name="second">The second part.</param>
    /// <param name="file">A file that holds the second part, for a transport that can send it from there without a copy.</param>
    /// <param name="offset">Where the second part begins in the file.</param>
    /// <returns>The number of bytes sent, of both parts together.</returns>
    /// <exception cref="SocketException">The connection failed.</exception>
    internal int TrySend(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, SafeFileHandle? file, long offset)
    {
        long before = Before();
        int sent = SendNow(first, second, file, offset);
        Show(first[..Math.Min(sent, first.Length)], before);
        Show(second[..Math.Max(sent - first.Length, 0)], before);
        return sent;
    }

    /// <summary>Sends everything. When its turn is over, others go first.</summary>
    internal ValueTask SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
        => Tap is null ? SendAllAsync(data, cancellationToken) : SendTappedAsync(data, cancellationToken);

    /// <summary>Sends a part of a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">Where the part begins in the file.</param>
    /// <param name="count">The length of the part in bytes.</param>
    /// <param name="onProgress">Called from time to time with the number of bytes sent since the last call.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The number of bytes sent: fewer than asked for if the file was truncated.</returns>
    internal ValueTask<long> SendFileAsync(
        SafeFileHandle file, long offset, long count, Action<long> onProgress, CancellationToken cancellationToken)
        => Tap is null
            ? SendFileUnseenAsync(file, offset, count, onProgress, cancellationToken)
            : CopyFileAsync(file, offset, count, onProgress, cancellationToken);

    /// <inheritdoc cref="SendFileAsync"/>
    private protected virtual ValueTask<long> SendFileUnseenAsync(
        SafeFileHandle file, long offset, long count, Action<long> onProgress, CancellationToken cancellationToken)
        => CopyFileAsync(file, offset, count, onProgress, cancellationToken);

    /// <inheritdoc cref="TryReceive"/>
    private protected abstract int ReceiveNow(Span<byte> buffer);

    /// <inheritdoc cref="TrySend(ReadOnlySpan{byte})"/>
    private protected abstract int SendNow(ReadOnlySpan<byte> data);

    /// <inheritdoc cref="TrySend(ReadOnlySpan{byte}, ReadOnlySpan{byte}, SafeFileHandle, long)"/>
    private protected virtual int SendNow(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, SafeFileHandle? file, long offset)
    {
        int sent = SendNow(first);
        return sent == first.Length && !second.IsEmpty ? sent + SendNow(second) : sent;
    }

    /// <inheritdoc cref="SendAsync"/>
    private protected abstract ValueTask SendAllAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken);

    private async ValueTask SendTappedAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        // In pieces, so that the times are about right, and little is unseen if sending fails.
        do
        {
            ReadOnlyMemory<byte> piece = data[..Math.Min(data.Length, ChunkBytes)];
            long before = Before();
            await SendAllAsync(piece, cancellationToken).ConfigureAwait(false);
            Show(piece.Span, before);
            data = data[piece.Length..];
        }
        while (!data.IsEmpty);
    }

    private long Before() => Tap is null ? 0 : Stopwatch.GetTimestamp();

    private void Show(ReadOnlySpan<byte> sent, long before)
    {
        if (Tap is { } tap && !sent.IsEmpty)
        {
            tap.OnSent(sent, before == 0 ? Stopwatch.GetTimestamp() : before);
        }
    }

    private async ValueTask<long> CopyFileAsync(
        SafeFileHandle file, long offset, long count, Action<long> onProgress, CancellationToken cancellationToken)
    {
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            long sent = 0;
            while (sent < count)
            {
                int wanted = (int)Math.Min(count - sent, ChunkBytes);
                SendWaits?.OnPaused();
                int read = await RandomAccess.ReadAsync(
                    file, chunk.AsMemory(0, wanted), offset + sent, cancellationToken).ConfigureAwait(false);
                SendWaits?.OnResumed();
                if (read == 0)
                {
                    break;
                }

                await SendAsync(chunk.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                sent += read;
                onProgress(read);
            }

            return sent;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }
}
