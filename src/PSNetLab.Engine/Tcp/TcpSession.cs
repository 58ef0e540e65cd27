using PSNetLab.Engine.Framing;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Tcp;

/// <summary>Serves one accepted connection: reads, records and answers until it ends.</summary>
internal sealed partial class TcpSession : IServedConnection
{
    private readonly TcpConnection _connection;
    private readonly TcpServerOptions _options;
    private readonly IServerHost _host;

    // Ends what a message waits for, when its connection has to end because it holds too much.
    private readonly CancellationTokenSource _giveUp = new();
    private readonly bool _answersAside;
    private TcpMessage? _unfinished;
    private bool _isUnanswered;
    private bool _isReading;
    private (FrameStatus Status, long Length) _refused;

    internal TcpSession(TcpConnection connection, TcpServerOptions options, IServerHost host)
    {
        _connection = connection;
        _options = options;
        _host = host;
        _answersAside = options.Handler is not null || !options.Delay.IsZero || options.Framing.IsSlow;
        Dialogue = options.Dialogue is null ? null : new DialogueRun(options.Dialogue, connection.Remote, connection.Id);
        if (connection.Memory is { } memory)
        {
            memory.Ending = () => EndForMemory(memory);
        }

        connection.GiveUp = why => CloseFor(FaultKind.TooMuchPending, TcpCloseReason.TooMuchPending, why);
    }

    /// <summary>Why processing of the received bytes stopped.</summary>
    private enum Step
    {
        NeedBytes,
        Flush,
        NeedRoom,
        Answer,

        /// <summary>The framing has to be asked.</summary>
        Decide,

        /// <summary>A frame that cannot be taken.</summary>
        Refuse,

        /// <summary>The end of the stream.</summary>
        End,
    }

    internal TcpConnection Connection => _connection;

    /// <summary>How far the client has come in the dialogue; null without one.</summary>
    internal DialogueRun? Dialogue { get; }

    public long IdleMilliseconds => _connection.IdleMilliseconds;

    public Totals Totals => _connection.Totals;

    public async Task ServeAsync()
    {
        try
        {
            if (_host.IsStopping)
            {
                _connection.Close(TcpCloseReason.ServerStopped);
            }

            await RunAsync().ConfigureAwait(false);
            NetLabException? truncation = _connection.IsClosed ? null : _connection.Truncation;
            if (truncation is not null)
            {
                _host.Report(truncation, _connection.Remote);
            }

            _connection.Close(_host.IsStopping ? TcpCloseReason.ServerStopped : TcpCloseReason.PeerClosed, truncation?.Message);
        }
        catch (Exception error)
        {
            if (_host.IsStopping)
            {
                _connection.Close(TcpCloseReason.ServerStopped);
            }

            // Once this side has closed a connection, all work in progress on it fails; that is not a fault.
            bool closedHere = _connection.CloseReason is not (TcpCloseReason.None or TcpCloseReason.MessageTooLong
                or TcpCloseReason.MalformedFrame);
            _connection.Fail(error, closedHere ? null : fault => _host.Report(fault, _connection.Remote));
        }

        await _connection.Ended.ConfigureAwait(false);
        if (_options.Closed is not null)
        {
            await _options.Closed(_connection).ConfigureAwait(false);
        }
    }

    public void BeginStop() => _ = _connection.HalfCloseAsync(CancellationToken.None).AsTask();

    public void Abort() => _connection.Abort();

    public void Dispose() => _connection.Close(TcpCloseReason.Failed);

    /// <summary>Completes at the end of the stream; an incomplete frame is recorded as a truncated message.</summary>
    private async Task RunAsync()
    {
        _isReading = _connection.BeginReading(this);
        try
        {
            if (_isReading && await OpenAsync().ConfigureAwait(false))
            {
                await ReadAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            _connection.Reader.Dispose();
            if (_isReading)
            {
                _connection.EndReading();
            }
        }
    }

    private async Task ReadAsync()
    {
        while (true)
        {
            NoteWait();
            await _connection.WaitReadableAsync().ConfigureAwait(false);
            await TrimWhile(WorkAsync(receives: true, out Step step)).ConfigureAwait(false);
            if (step == Step.End)
            {
                await EndAsync().ConfigureAwait(false);
                return;
            }

            while (step != Step.NeedBytes)
            {
                if (step == Step.Refuse)
                {
                    throw _connection.Refuse(_refused.Status, _refused.Length);
                }

                if (step is Step.NeedRoom or Step.Answer && !await FinishAsync(hasRoom: step != Step.NeedRoom).ConfigureAwait(false))
                {
                    return;
                }

                if (step == Step.Decide && !await DecideAsync().ConfigureAwait(false))
                {
                    return;
                }

                if (Dialogue is not null && _connection.IsClosed)
                {
                    // What is left may take long to match, and nobody is there for what follows from it.
                    return;
                }

                // Elsewhere only who goes on without a wait has turns: after a script, the pool's own are enough.
                if ((step == Step.Flush || LoopThread.IsCurrent) && _connection.IsTurnOver)
                {
                    await _connection.NextTurnAsync().ConfigureAwait(false);
                }

                await TrimWhile(WorkAsync(receives: false, out step)).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Takes the messages that are there and sends their answers; if <paramref name="receives"/>, reads first.</summary>
    private ValueTask WorkAsync(bool receives, out Step step)
    {
        using FrameReader.Lease lease = _connection.Reader.Lend();
        int count = receives ? _connection.Receive(lease) : 1;
        if (count <= 0)
        {
            step = count == 0 ? Step.End : Step.NeedBytes;
            return default;
        }

        using ReplyWriter replies = ReplyWriter.Lend();
        int messages = 0;
        step = Process(replies, ref messages);
        replies.Append(RawFraming.Instance, _connection.Reader.Answers);
        _connection.Reader.EndAnswers();
        return replies.Written.IsEmpty ? default : SendAsync(replies.Written, messages);
    }

    private Step Process(ReplyWriter replies, ref int messages)
    {
        for (int taken = 1; !replies.IsFull && !IsTurnOver(taken); taken++)
        {
            FrameStatus status = _connection.Reader.TryRead(out ReadOnlySpan<byte> payload, out long length);
            if (status == FrameStatus.Incomplete)
            {
                return Step.NeedBytes;
            }

            if (status == FrameStatus.Undecided)
            {
                return Step.Decide;
            }

            if (status != FrameStatus.Complete)
            {
                _refused = (status, length);
                return Step.Refuse;
            }

            _connection.CountReceived();
            Dialogue?.Take(payload);
            bool hasRoom = true;
            TcpMessage? message = null;
            if (_options.Sink is not null || _answersAside)
            {
                message = _connection.NewMessage(payload);
                hasRoom = _options.Sink is null || _options.Sink.TryAdd(message);
            }

            bool isAnswered = !_answersAside && Answer(payload, replies, ref messages);
            if (!hasRoom || !isAnswered)
            {
                _unfinished = message;
                _isUnanswered = !isAnswered;
                return hasRoom ? Step.Answer : Step.NeedRoom;
            }
        }

        return Step.Flush;
    }

    /// <summary>Whether others must go first. It reads the clock only now and then; in a dialogue each message may take long.</summary>
    private bool IsTurnOver(int taken) => taken % TcpConnection.MessagesPerLook == 0
        ? _connection.IsTurnOver
        : Dialogue is not null && taken > 1 && LoopThread.IsTurnOver;

    private async ValueTask EndAsync()
    {
        TcpMessage? rest = _connection.EndMessage(keeps: _options.Sink is not null);
        _connection.Reader.Dispose();
        if (rest is not null && !_options.Sink!.TryAdd(rest))
        {
            _unfinished = rest;
            _isUnanswered = false;
            await FinishAsync(hasRoom: false).ConfigureAwait(false);
        }
    }
}
