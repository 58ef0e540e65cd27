using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Text;
using PSNetLab.Engine.Capture;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Tcp;

namespace PSNetLab;

/// <summary>A live TCP connection: opened here, or accepted by a server.</summary>
public sealed partial class TcpConnection : IDisposable
{
    private readonly Transport _transport;
    private readonly object _gate = new();
    private readonly DateTime _openedAt;
    private readonly TaskCompletionSource _ended = new();

    // Of reader and sender, one sees the rejection, and the other only a connection that is closed.
    private NetLabException? _rejection;
    private bool _sendClosed;
    private bool _receiveClosed;
    private volatile bool _isHeldBack;
    private CancellationTokenSource? _closing;
    private long _lastActivity = Environment.TickCount64;
    private int _unacknowledged;

    // All work on the socket holds a use, and so does the open connection itself; the last one closes the socket.
    // Closing it during a system call of another thread would make the runtime reset the connection.
    private int _uses = 1;

    internal TcpConnection(Transport transport, MessageFraming framing, Encoding encoding, int maxMessageBytes, HeldMemory? memory = null)
    {
        Id = transport.Id;
        _openedAt = DateTime.Now;
        Frames = framing;
        TextEncoding = encoding;
        MaxMessageBytes = maxMessageBytes;
        Tls = transport.Tls;
        _transport = transport;
        if (transport.Tap is StreamTap tap)
        {
            tap.Conversation.Encoding = encoding;
            Transcript = tap.Transcript;
        }

        Local = Addresses.OfSocket(transport.LocalEndPoint);
        Remote = Addresses.OfSocket(transport.RemoteEndPoint);
        Memory = memory;
        Reader = new FrameReader(framing, maxMessageBytes, memory);
    }

    /// <summary>The number of the connection, unique in this process.</summary>
    public int Id { get; }

    /// <summary>Whether both sides, one side or none may still send.</summary>
    public TcpConnectionState State
    {
        get
        {
            lock (_gate)
            {
                return IsClosed ? TcpConnectionState.Closed
                    : _sendClosed ? TcpConnectionState.FinWait
                    : _receiveClosed ? TcpConnectionState.CloseWait
                    : TcpConnectionState.Established;
            }
        }
    }

    /// <summary>The address and port on this side, as text that has an Address and a Port.</summary>
    public object LocalEndPoint => EndPointText.Of(Local);

    /// <summary>The address and port of the peer, as text that has an Address and a Port.</summary>
    public object RemoteEndPoint => EndPointText.Of(Remote);

    /// <summary>When the connection was established, in local time.</summary>
    public object OpenedAt => FileValue.With(_openedAt);

    /// <summary>Bytes received, including the framing, not including TLS.</summary>
    public long BytesReceived { get; private set; }

    /// <summary>Bytes handed to the operating system to send, including the framing, not including TLS.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Messages received so far.</summary>
    public long MessagesReceived { get; private set; }

    /// <summary>Messages handed to the operating system so far.</summary>
    public long MessagesSent { get; private set; }

    /// <summary>How the stream is divided into messages, as -Framing takes it.</summary>
    public string Framing => Frames.Name;

    /// <summary>The encoding of text, as -Encoding takes it.</summary>
    public string Encoding => TextEncoding.WebName;

    /// <summary>The version of TLS, its algorithms, and the certificate of the peer; null without TLS.</summary>
    public TlsInfo? Tls { get; }

    /// <summary>Why the connection ended.</summary>
    public TcpCloseReason CloseReason { get; private set; }

    /// <summary>A sentence about <see cref="CloseReason"/>, if there is more to say.</summary>
    public string? CloseDetail { get; private set; }

    /// <summary>Where it is recorded; null for nowhere.</summary>
    internal Transcript? Transcript { get; }

    internal IPEndPoint Local { get; }

    internal IPEndPoint Remote { get; }

    internal MessageFraming Frames { get; }

    internal Encoding TextEncoding { get; }

    internal int MaxMessageBytes { get; }

    internal Totals Totals => new(BytesReceived, BytesSent, MessagesReceived, MessagesSent);

    /// <inheritdoc cref="Transport.MayBeRejected"/>
    internal bool MayBeRejected => _transport.MayBeRejected;

    internal Socket Socket => _transport.Socket;

    internal FrameReader Reader { get; }

    /// <summary>Where its memory is counted; null for nowhere.</summary>
    internal HeldMemory? Memory { get; }

    /// <summary>Whether the peer reset the connection while what arrived was discarded, or after this side had closed it.</summary>
    internal bool WasReset { get; private set; }

    internal bool IsClosed => CloseReason != TcpCloseReason.None;

    /// <summary>
    /// Completes when the socket is closed: soon after <see cref="Close"/>, when the peer has had time to read to the end.
    /// </summary>
    internal Task Ended => _ended.Task;

    /// <summary>
    /// The milliseconds since anything was received or sent. 0 while <see cref="IsHeldBack"/>, and once the connection is
    /// closed.
    /// </summary>
    internal long IdleMilliseconds => _isHeldBack || IsClosed ? 0 : Environment.TickCount64 - Volatile.Read(ref _lastActivity);

    /// <summary>Counts as activity that the peer has acknowledged something.</summary>
    internal void NoteProgress()
    {
        if (HasProgressed(ref _unacknowledged))
        {
            Touch();
        }
    }

    /// <inheritdoc cref="Transport.HasProgressed"/>
    internal bool HasProgressed(ref int unacknowledged) => _transport.HasProgressed(ref unacknowledged);

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
    public override string ToString() => $"{Local} - {Remote} ({State})";

    /// <summary>Closes the connection at once, from any thread.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void Dispose() => Close(TcpCloseReason.LocalClosed);

    /// <summary>Closes the connection, from any thread; the first reason is kept. Waiting readers get the end of the stream.</summary>
    /// <remarks>It ends gracefully, without waiting here, unless the reason is a reset, a failure, or the end of the server.</remarks>
    internal void Close(TcpCloseReason reason, string? detail = null)
    {
        lock (_gate)
        {
            if (IsClosed)
            {
                return;
            }

            CloseReason = reason;
            CloseDetail = detail;
            _ = _closing?.CancelAsync();
        }

        if (reason == TcpCloseReason.LocalReset)
        {
            _transport.ResetOnDispose();
        }

        _transport.Interrupt();
        EndUse();
    }

    /// <summary>Waits for a time, or until this side closes the connection.</summary>
    internal async ValueTask DelayAsync(TimeSpan time, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (time <= TimeSpan.Zero)
        {
            return;
        }

        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(Closing(), cancellationToken);
        await Task.Delay(time, clock, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Ends the connection at once, including a graceful close that is still waiting.</summary>
    internal void Abort()
    {
        Close(TcpCloseReason.ServerStopped);
        _transport.Abort();
    }

    /// <summary>Closes the connection because of an error, and returns the fault to report.</summary>
    /// <param name="error">What happened.</param>
    /// <param name="report">Reports the fault before the peer sees the connection end: whoever waits for an answer learns why.</param>
    internal NetLabException Fail(Exception error, Action<NetLabException>? report = null)
    {
        (TcpCloseReason reason, NetLabException fault) = TcpFaults.Ended(error, Remote);
        if (fault.Kind == FaultKind.OwnCertificateRejected)
        {
            Interlocked.CompareExchange(ref _rejection, fault, null);
        }

        report?.Invoke(_rejection ?? fault);
        Close(reason, fault.Message);
        return _rejection ?? fault;
    }

    /// <summary>Closes the connection because of a frame that cannot be taken, and returns the fault to report.</summary>
    internal NetLabException Refuse(FrameStatus status, long length)
    {
        bool isTooLong = status == FrameStatus.TooLong;
        NetLabException fault = isTooLong ? new(
            FaultKind.MessageTooLong,
            $"{Remote} sent a message of {length} bytes or more; at most {MaxMessageBytes} are allowed here, so the connection was "
                + $"closed. Raise -MaxMessageBytes, or check that both sides use the framing {Framing}.")
            : new(
                FaultKind.MalformedFrame,
                $"{Remote} sent what is no message of the framing {Framing}, so the connection was closed: {Reader.Complaint}. Check that "
                    + "both sides use the same framing.");
        Close(isTooLong ? TcpCloseReason.MessageTooLong : TcpCloseReason.MalformedFrame, fault.Message);
        return fault;
    }

    /// <summary>Cancelled when this side closes the connection. Most connections never wait, and need none.</summary>
    private CancellationToken Closing()
    {
        lock (_gate)
        {
            _closing ??= new CancellationTokenSource();
            return IsClosed ? new CancellationToken(canceled: true) : _closing.Token;
        }
    }

    /// <summary>Call this before work on the socket; false if it is already closed.</summary>
    private bool TryBeginUse()
    {
        int uses = Volatile.Read(ref _uses);
        while (uses > 0)
        {
            int seen = Interlocked.CompareExchange(ref _uses, uses + 1, uses);
            if (seen == uses)
            {
                return true;
            }

            uses = seen;
        }

        return false;
    }

    private void EndUse()
    {
        if (Interlocked.Decrement(ref _uses) == 0)
        {
            _ = EndAsync();
        }
    }

    private async Task EndAsync()
    {
        if (CloseReason is TcpCloseReason.LocalClosed or TcpCloseReason.PeerClosed or TcpCloseReason.MessageTooLong
            or TcpCloseReason.MalformedFrame
            or TcpCloseReason.FramingFailed
            or TcpCloseReason.IdleTimeout
            or TcpCloseReason.MessageTimeout)
        {
            await _transport.CloseAsync().ConfigureAwait(false);
            WasReset |= _transport.WasReset;
        }
        else
        {
            _transport.Dispose();
        }

        _ended.SetResult();
    }

    private void Touch() => Volatile.Write(ref _lastActivity, Environment.TickCount64);
}
