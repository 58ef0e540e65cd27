using System.Buffers;
using PSNetLab.Engine.Primitives;
using System.Diagnostics;

namespace PSNetLab.Engine.Tcp;

/// <summary>
/// Sends messages over one connection. A message of a slow producer is sent at once; messages of a fast producer collect
/// while earlier ones are being sent, and then go out many at a time.
/// </summary>
/// <remarks>Only one thread may add messages.</remarks>
internal sealed class TcpOutbox : IDisposable
{
    // Beyond this, the producer must wait as well.
    private const int FullBytes = 512 * 1024;

    private readonly object _gate = new();
    private readonly CancellationTokenSource _giveUp;
    private ArrayBufferWriter<byte> _filling = new(16 * 1024);
    private ArrayBufferWriter<byte> _sending = new(16 * 1024);
    private int _messages;
    private Task _flush = Task.CompletedTask;
    private Exception? _error;
    private long _sentBefore;
    private int _unacknowledged;
    private long _lastProgress = Stopwatch.GetTimestamp();

    internal TcpOutbox(TcpConnection connection, CancellationToken cancellationToken)
    {
        Connection = connection;
        _giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Sequence = connection.MessagesSent;
    }

    internal TcpConnection Connection { get; }

    /// <summary>The number of the last message added.</summary>
    internal long Sequence { get; private set; }

    /// <summary>Messages added that could not be sent.</summary>
    internal long Lost { get; private set; }

    /// <summary>Bytes added that were not yet handed to the system.</summary>
    internal int WaitingBytes
    {
        get
        {
            lock (_gate)
            {
                return _filling.WrittenCount + _sending.WrittenCount;
            }
        }
    }

    /// <summary>For how long the peer has taken nothing, although messages are waiting. For the thread that adds them.</summary>
    internal TimeSpan Stalled
    {
        get
        {
            bool acknowledged = Connection.HasProgressed(ref _unacknowledged);
            if (acknowledged || Connection.BytesSent != _sentBefore || WaitingBytes == 0)
            {
                NoteProgress();
            }

            return Stopwatch.GetElapsedTime(_lastProgress);
        }
    }

    /// <summary>Whether the producer should wait for <see cref="DrainAsync"/> before it adds more.</summary>
    internal bool IsFull
    {
        get
        {
            lock (_gate)
            {
                return _filling.WrittenCount > FullBytes;
            }
        }
    }

    /// <summary>Adds a message and starts sending at once. After a failure it is only counted as lost.</summary>
    /// <param name="payload">The message.</param>
    /// <param name="framing">Its framing; null for that of the connection.</param>
    /// <exception cref="NetLabException">The framing cannot carry the message.</exception>
    internal void Add(ReadOnlySpan<byte> payload, MessageFraming? framing = null)
    {
        framing ??= Connection.Frames;
        int length = framing.EncodedLength(payload);
        lock (_gate)
        {
            Sequence++;
            if (_error is not null)
            {
                Lost++;
                return;
            }

            framing.Encode(payload, _filling.GetSpan(length)[..length]);
            _filling.Advance(length);
            _messages++;
            if (_flush.IsCompleted)
            {
                _lastProgress = Stopwatch.GetTimestamp();
                _flush = Task.Run(FlushAsync, CancellationToken.None);
            }
        }
    }

    /// <summary>Starts the time of <see cref="Stalled"/> again.</summary>
    internal void NoteProgress()
    {
        _sentBefore = Connection.BytesSent;
        _lastProgress = Stopwatch.GetTimestamp();
    }

    /// <summary>Completes when everything added was handed to the system.</summary>
    /// <exception cref="NetLabException">Sending failed.</exception>
    internal async Task DrainAsync()
    {
        Task flush;
        lock (_gate)
        {
            flush = _flush;
        }

        await flush.ConfigureAwait(false);
        if (_error is { } error)
        {
            throw error is OperationCanceledException || TcpFaults.IsSendingEnded(error) ? error : Connection.Fail(error);
        }
    }

    /// <summary>Stops sending; if a message was partly sent, the connection is reset.</summary>
    internal void GiveUp() => _giveUp.Cancel();

    public void Dispose()
    {
        _giveUp.Cancel();
        _giveUp.Dispose();
    }

    private async Task FlushAsync()
    {
        while (true)
        {
            // After a wait this runs on an event loop, and a fast producer with a fast peer would keep it there.
            if (LoopThread.IsTurnOver)
            {
                await LoopThread.Leave();
            }

            int messages;
            lock (_gate)
            {
                if (_messages == 0)
                {
                    // Under the lock, so that the next Add sees that this flush is over and starts another.
                    _flush = Task.CompletedTask;
                    return;
                }

                (_filling, _sending) = (_sending, _filling);
                messages = _messages;
                _messages = 0;
            }

            try
            {
                await Connection.SendAsync(_sending.WrittenSpan, messages, _giveUp.Token).ConfigureAwait(false);
                lock (_gate)
                {
                    _sending.ResetWrittenCount();
                }
            }
            catch (Exception error)
            {
                lock (_gate)
                {
                    _error = error;
                    Lost += messages + _messages;
                    _messages = 0;
                    _filling.ResetWrittenCount();
                    _sending.ResetWrittenCount();
                    return;
                }
            }
        }
    }
}
