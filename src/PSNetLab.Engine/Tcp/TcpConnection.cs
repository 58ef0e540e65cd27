using System.Buffers;
using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace PSNetLab.Engine;

/// <summary>A live TCP connection: one that was opened here, or one that a server accepted.</summary>
public sealed class TcpConnection : IDisposable
{
    private const int SendPieceBytes = 64 * 1024;

    private static int s_lastId;

    private readonly Transport _transport;
    private readonly FrameReader _reader;
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly object _gate = new();
    private bool _sendClosed;
    private bool _receiveClosed;
    private int _receiving;
    private long _lastActivity = Environment.TickCount64;
    private volatile bool _isHeldBack;

    internal TcpConnection(Transport transport, MessageFraming framing, Encoding encoding, int maxMessageBytes, SslProtocols tls = SslProtocols.None)
    {
        Id = Interlocked.Increment(ref s_lastId);
        OpenedAt = DateTime.Now;
        Framing = framing;
        Encoding = encoding;
        MaxMessageBytes = maxMessageBytes;
        TlsProtocol = tls == SslProtocols.None ? null : tls;
        _transport = transport;
        _reader = new FrameReader(framing, maxMessageBytes);
    }

    /// <summary>A number that tells the connection from every other of this process.</summary>
    public int Id { get; }

    /// <summary>Whether both sides, one side or none may still send.</summary>
    public TcpConnectionState State
    {
        get
        {
            lock (_gate)
            {
                return CloseReason != TcpCloseReason.None ? TcpConnectionState.Closed
                    : _sendClosed ? TcpConnectionState.FinWait
                    : _receiveClosed ? TcpConnectionState.CloseWait
                    : TcpConnectionState.Established;
            }
        }
    }

    /// <summary>The address and port on this side.</summary>
    public IPEndPoint LocalEndPoint => _transport.LocalEndPoint;

    /// <summary>The address and port of the peer.</summary>
    public IPEndPoint RemoteEndPoint => _transport.RemoteEndPoint;

    /// <summary>When the connection was established, in local time.</summary>
    public DateTime OpenedAt { get; }

    /// <summary>Bytes received, with what the framing adds; below TLS, if there is any, not counted.</summary>
    public long BytesReceived { get; private set; }

    /// <summary>Bytes the system has taken to send, with what the framing adds.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Messages received.</summary>
    public long MessagesReceived { get; private set; }

    /// <summary>Messages sent.</summary>
    public long MessagesSent { get; private set; }

    /// <summary>Where a message ends.</summary>
    public MessageFraming Framing { get; }

    /// <summary>How text becomes bytes and back.</summary>
    public Encoding Encoding { get; }

    /// <summary>The version of TLS, or nothing without TLS.</summary>
    public SslProtocols? TlsProtocol { get; }

    /// <summary>Why the connection ended.</summary>
    public TcpCloseReason CloseReason { get; private set; }

    /// <summary>A sentence to <see cref="CloseReason"/>, where there is more to say.</summary>
    public string? CloseDetail { get; private set; }

    internal int MaxMessageBytes { get; }

    internal Socket Socket => _transport.Socket;

    internal FrameReader Reader => _reader;

    /// <summary>How long nothing has come or gone; 0 while this side is what holds the connection up, or when it is closed.</summary>
    internal long IdleMilliseconds => _isHeldBack || CloseReason != TcpCloseReason.None ? 0 : Environment.TickCount64 - Volatile.Read(ref _lastActivity);

    /// <summary>Whether the connection is not being read because this side is not ready for more.</summary>
    internal bool IsHeldBack
    {
        get => _isHeldBack;
        set
        {
            Touch();
            _isHeldBack = value;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{LocalEndPoint} - {RemoteEndPoint} ({State})";

    /// <summary>Closes the connection at once, from any thread.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void Dispose() => Close(TcpCloseReason.LocalClosed);

    internal ValueTask WaitReadableAsync(CancellationToken cancellationToken) => _transport.WaitReadableAsync(cancellationToken);

    /// <summary>One read into the frame reader: a number of bytes, 0 at the end of the stream, -1 when there is nothing.</summary>
    internal int Receive()
    {
        int count = _transport.TryReceive(_reader.GetBuffer());
        if (count > 0)
        {
            _reader.Advance(count);
            BytesReceived += count;
            Touch();
        }
        else
        {
            _reader.Park();
            if (count == 0)
            {
                _receiveClosed = true;
            }
        }

        return count;
    }

    internal void CountReceived() => MessagesReceived++;

    internal TcpMessage NewMessage(ReadOnlySpan<byte> payload, bool truncated = false)
        => new(this, payload.ToArray(), MessagesReceived, _reader.Reads, truncated);

    internal TcpMessage NewSentMessage(byte[] payload, long sequence) => new(this, payload, sequence, 0, truncated: false);

    /// <summary>Waits for the next message; null at the end of the stream. For a connection without a server session.</summary>
    internal async ValueTask<TcpMessage?> ReceiveAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _receiving, 1) != 0)
        {
            throw new InvalidOperationException($"Connection {Id} is being received from elsewhere. One receiver at a time: wait for it, or stop it.");
        }

        try
        {
            while (true)
            {
                if (TryTake(out TcpMessage? message))
                {
                    return message;
                }

                if (_receiveClosed || CloseReason != TcpCloseReason.None)
                {
                    return null;
                }

                await _transport.WaitReadableAsync(cancellationToken).ConfigureAwait(false);
                if (Receive() == 0 && _reader.Pending > 0)
                {
                    CountReceived();
                    return NewMessage(_reader.TakeRest(), truncated: true);
                }
            }
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException)
        {
            throw Fail(error);
        }
        finally
        {
            _reader.Park();
            Volatile.Write(ref _receiving, 0);
        }
    }

    /// <summary>Throws away what still comes, until the end of the stream.</summary>
    internal async Task DiscardAsync(CancellationToken cancellationToken)
    {
        try
        {
            do
            {
                _reader.Dispose();
                await _transport.WaitReadableAsync(cancellationToken).ConfigureAwait(false);
            }
            while (Receive() != 0);
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException)
        {
            // The end, too.
        }
    }

    /// <summary>Sends encoded frames, whole and in order. The data is only read before this returns.</summary>
    internal ValueTask SendAsync(ReadOnlySpan<byte> frames, int messages, CancellationToken cancellationToken)
    {
        int sent = 0;
        if (_sending.Wait(0, CancellationToken.None))
        {
            try
            {
                sent = SendNow(frames);
            }
            catch
            {
                _sending.Release();
                throw;
            }

            if (sent == frames.Length)
            {
                MessagesSent += messages;
                _sending.Release();
                return default;
            }

            return SendRestAsync(Copy(frames[sent..]), frames.Length - sent, messages, hasTurn: true, cancellationToken);
        }

        return SendRestAsync(Copy(frames), frames.Length, messages, hasTurn: false, cancellationToken);
    }

    /// <summary>Says that this side sends no more (half-close), after what is being sent.</summary>
    internal async ValueTask HalfCloseAsync(CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_sendClosed && CloseReason == TcpCloseReason.None)
            {
                _sendClosed = true;
                await _transport.ShutdownSendAsync().ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException)
        {
            // The peer, or this side, has closed already: there is nobody to tell.
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Closes the connection, from any thread; the first reason given stays. Whoever waits on it goes on with the end of the stream.</summary>
    internal void Close(TcpCloseReason reason, string? detail = null)
    {
        lock (_gate)
        {
            if (CloseReason != TcpCloseReason.None)
            {
                return;
            }

            CloseReason = reason;
            CloseDetail = detail;
        }

        if (reason is TcpCloseReason.LocalReset)
        {
            // With nothing to linger for, close(2) sends RST instead of FIN (socket(7), SO_LINGER).
            _transport.Socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }

        _transport.Dispose();
        _transport.Interrupt();
    }

    /// <summary>Closes the connection for an error, and returns the fault to report.</summary>
    internal NetLabException Fail(Exception error)
    {
        (TcpCloseReason reason, NetLabException fault) = SocketFaults.Connection(error, RemoteEndPoint);
        Close(reason, fault.Message);
        return fault;
    }

    private static byte[] Copy(ReadOnlySpan<byte> data)
    {
        byte[] copy = ArrayPool<byte>.Shared.Rent(data.Length);
        data.CopyTo(copy);
        return copy;
    }

    private bool TryTake(out TcpMessage? message)
    {
        message = null;
        switch (_reader.TryRead(out ReadOnlySpan<byte> payload, out long length))
        {
            case FrameStatus.Complete:
                CountReceived();
                message = NewMessage(payload);
                return true;
            case FrameStatus.TooLong:
                throw TooLong(length);
            default:
                return false;
        }
    }

    internal NetLabException TooLong(long length)
    {
        NetLabException fault = new(
            FaultKind.MessageTooLong,
            $"{RemoteEndPoint} sent a message of {length} bytes or more; at most {MaxMessageBytes} are allowed here, so the connection was closed. Raise -MaxMessageBytes, or check that both sides use the framing {Framing}.");
        Close(TcpCloseReason.MessageTooLong, fault.Message);
        return fault;
    }

    private int SendNow(ReadOnlySpan<byte> data)
    {
        if (_sendClosed || CloseReason != TcpCloseReason.None)
        {
            throw new SocketException((int)SocketError.Shutdown);
        }

        int sent = _transport.TrySend(data);
        BytesSent += sent;
        Touch();
        return sent;
    }

    private void Touch() => Volatile.Write(ref _lastActivity, Environment.TickCount64);

    private async ValueTask SendRestAsync(byte[] rented, int length, int messages, bool hasTurn, CancellationToken cancellationToken)
    {
        // What came before in this call counts too: then the frame has begun already.
        bool begun = hasTurn;
        try
        {
            if (!hasTurn)
            {
                await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
                hasTurn = true;
            }

            begun = true;
            int sent = SendNow(rented.AsSpan(0, length));
            while (sent < length)
            {
                // In pieces, so that a peer that reads slowly is seen to be reading.
                int piece = Math.Min(length - sent, SendPieceBytes);
                await _transport.SendAsync(rented.AsMemory(sent, piece), cancellationToken).ConfigureAwait(false);
                sent += piece;
                BytesSent += piece;
                Touch();
            }

            MessagesSent += messages;
        }
        catch (OperationCanceledException) when (begun)
        {
            // Half a frame on the wire: whatever followed would be read as the rest of it.
            Close(TcpCloseReason.LocalReset, "Sending was given up in the middle of a message.");
            throw;
        }
        finally
        {
            if (hasTurn)
            {
                _sending.Release();
            }

            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
