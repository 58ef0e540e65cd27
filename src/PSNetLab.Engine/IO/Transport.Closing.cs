using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;

namespace PSNetLab.Engine.IO;

/// <content>How a connection ends: half-close, graceful close, reset.</content>
internal abstract partial class Transport
{
    private const int DiscardBytes = 16 * 1024;

    // How long a closed connection waits for the peer to read to the end and close its side.
    private static readonly TimeSpan s_closePatience = TimeSpan.FromSeconds(1);

    private int _isAborted;
    private volatile bool _sawReset;

    /// <summary>Tells the peer that no more data will come (a FIN; with TLS, after a close_notify alert).</summary>
    /// <remarks>TLS may have to wait until the peer takes the alert.</remarks>
    internal virtual ValueTask ShutdownSendAsync(CancellationToken cancellationToken) => FinishAsync(cancellationToken);

    /// <summary>Discards what arrives, until the end of the stream or an interruption.</summary>
    internal async ValueTask DiscardAsync(CancellationToken cancellationToken)
    {
        do
        {
            await WaitReadableAsync(cancellationToken).ConfigureAwait(false);

            // While a peer keeps sending, nothing waits, and so nothing else looks at the token.
            cancellationToken.ThrowIfCancellationRequested();
        }
        while (Discard() != 0);
    }

    /// <summary>Ends the waiting of reader and writer, from any thread; the next read finds the end of the stream.</summary>
    internal abstract void Interrupt();

    /// <summary>Like <see cref="Interrupt"/>, and also ends a graceful close, even one that begins only afterwards.</summary>
    internal void Abort()
    {
        Interlocked.Exchange(ref _isAborted, 1);
        Interrupt();
    }

    /// <summary>Whether the connection has failed, as when the peer has reset it.</summary>
    internal bool IsBroken
    {
        get
        {
            try
            {
                return Socket.Poll(0, SelectMode.SelectError);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return true;
            }
        }
    }

    /// <summary>
    /// Whether the peer has ended its stream and there is nothing left to read before the end, as far as <see cref="PollAsync"/> has
    /// come. It reads nothing.
    /// </summary>
    /// <exception cref="SocketException">The connection failed.</exception>
    internal virtual bool IsAtEnd()
    {
        Span<byte> next = stackalloc byte[1];
        int count = Socket.Receive(next, SocketFlags.Peek, out SocketError error);
        if (error is SocketError.Success or SocketError.WouldBlock)
        {
            return count == 0 && error == SocketError.Success;
        }

        SocketException failure = new((int)error);
        NoteFailure(failure);
        throw failure;
    }

    /// <summary>
    /// Has the system ask a silent peer whether it is still there (RFC 9293, section 3.8.4). If it is not, the connection is broken.
    /// </summary>
    /// <param name="silence">After how much silence, in whole seconds; null for never.</param>
    internal void AskIfThere(TimeSpan? silence)
    {
        const int Interval = 10;
        const int Times = 3;
        try
        {
            if (silence is { } time)
            {
                Socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, (int)time.TotalSeconds);
                Socket.SetSocketOption(
                    SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, Math.Min((int)time.TotalSeconds, Interval));
                Socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Times);
            }

            Socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, silence is not null);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The connection has already ended.
        }
    }

    /// <summary>
    /// Ends the connection gracefully and disposes of it. Nothing may read or write any more; an interruption ends it at
    /// once.
    /// </summary>
    /// <remarks>
    /// A system that closes a connection with unread data, or gets more afterwards, sends a reset, and data on its way to the
    /// peer is lost (RFC 1122, section 4.2.2.13). So the peer gets the end of the stream, and what it still sends is discarded.
    /// </remarks>
    /// <param name="patience">How long to wait for the peer; null for a second.</param>
    internal async Task CloseAsync(TimeSpan? patience = null)
    {
        try
        {
            if (HasPeerEnded)
            {
                // A reset after the end of the peer's stream: it had left before it got what was sent.
                WasReset = Socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is int and not 0;
            }
            else
            {
                using CancellationTokenSource limit = new(patience ?? s_closePatience);
                Resume();
                Interlocked.MemoryBarrier(); // an abort from now on interrupts what was resumed
                if (_isAborted != 0)
                {
                    return;
                }

                // Both at the same time: the peer may read our last bytes only after we have read what it sends.
                await Task.WhenAll(FinishAsync(limit.Token).AsTask(), DrainAsync(limit.Token).AsTask()).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            WasReset = IsResetError(error);

            // The peer has left or takes too long: the connection is closed anyway.
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>
    /// Makes Dispose reset the connection: with a linger time of 0, close(2) sends RST instead of FIN (socket(7),
    /// SO_LINGER).
    /// </summary>
    internal void ResetOnDispose()
    {
        IsReset = true;
        try
        {
            Socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The connection has already ended, which macOS reports as an error. Nobody is left to reset.
        }
    }

    private protected bool IsReset { get; private set; }

    /// <summary>Whether the peer answered a graceful close with a reset.</summary>
    internal bool WasReset { get; private set; }

    /// <summary>Whether an error says that the peer reset the connection.</summary>
    internal static bool IsResetError(Exception error)
        => (error as SocketException ?? error.InnerException as SocketException)?.SocketErrorCode is SocketError.ConnectionReset
            or SocketError.ConnectionAborted;

    /// <summary>Whether the peer has closed its side, so that no more can arrive.</summary>
    private protected bool HasPeerEnded { get; set; }

    /// <summary>Whether the peer has ended its stream; over TLS, with a close_notify alert or a FIN.</summary>
    private protected virtual bool HasReceivedEnd => HasPeerEnded;

    /// <summary>
    /// Whether what the peer sent ended without the message that ends it, close_notify over TLS: anybody on the way may have cut it off
    /// (RFC 8446, section 6.1).
    /// </summary>
    internal virtual bool WasCut => false;

    /// <summary>Whether a read has failed because the peer reset the connection.</summary>
    internal virtual bool SawReset => _sawReset;

    /// <summary>Lets reading continue after an interruption.</summary>
    private protected abstract void Resume();

    /// <summary>Ends the sending side, which may have to wait for room in the send buffer.</summary>
    private protected virtual ValueTask FinishAsync(CancellationToken cancellationToken)
    {
        // Before the call: the peer's answer to it is later.
        long now = Stopwatch.GetTimestamp();
        Socket.Shutdown(SocketShutdown.Send);
        if (!SawReset)
        {
            Tap?.OnSentEnd(now);
        }

        return default;
    }

    /// <summary>Discards what still arrives during a graceful close, until the end of the stream.</summary>
    private protected virtual ValueTask DrainAsync(CancellationToken cancellationToken) => DiscardAsync(cancellationToken);

    private int Discard()
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(DiscardBytes);
        try
        {
            return TryReceive(buffer);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public virtual void Dispose()
    {
        EndTap();
        Socket.Dispose();
    }

    /// <summary>Tells the tap of the end, before the socket is closed: who sees that may ask for what was recorded.</summary>
    private protected void EndTap()
    {
        if (Interlocked.Exchange(ref _tap, null) is { } tap)
        {
            bool byPeer = WasReset || SawReset || IsKnownBroken;
            tap.OnClosed(
                IsReset ? StreamEnd.Reset : byPeer ? StreamEnd.ResetByPeer : StreamEnd.Closed, Stopwatch.GetTimestamp());
        }
    }

    /// <returns>False, so that an exception filter can call it and nothing is caught.</returns>
    private protected bool NoteFailure(Exception error)
    {
        _sawReset |= IsResetError(error);
        return false;
    }
}
