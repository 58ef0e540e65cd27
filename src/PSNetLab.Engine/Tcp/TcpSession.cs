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
    private TcpMessage? _unfinished;
    private bool _isReading;
    private long _tooLong;

    internal TcpSession(TcpConnection connection, TcpServerOptions options, IServerHost host)
    {
        _connection = connection;
        _options = options;
        _host = host;
        if (connection.Memory is { } memory)
        {
            memory.Ending = () => EndForMemory(memory);
        }
    }

    /// <summary>Why processing of the received bytes stopped.</summary>
    private enum Step
    {
        NeedBytes,
        Flush,
        NeedRoom,
        RunHandler,
        TooLong,

        /// <summary>The end of the stream.</summary>
        End,
    }

    internal TcpConnection Connection => _connection;

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

            int left = await RunAsync().ConfigureAwait(false);
            string? detail = null;
            if (left > 0 && !_connection.IsClosed)
            {
                detail = $"{_connection.Remote} ended the stream in the middle of a message: "
                    + $"only {left} bytes of a {_connection.Framing} frame arrived. They are kept as a message with Truncated set.";
                _host.Report(new NetLabException(FaultKind.TruncatedFrame, detail), _connection.Remote);
            }

            _connection.Close(_host.IsStopping ? TcpCloseReason.ServerStopped : TcpCloseReason.PeerClosed, detail);
        }
        catch (Exception error)
        {
            if (_host.IsStopping)
            {
                _connection.Close(TcpCloseReason.ServerStopped);
            }

            // Once this side has closed a connection, all work in progress on it fails; that is not a fault.
            bool closedHere = _connection.CloseReason is not (TcpCloseReason.None or TcpCloseReason.MessageTooLong);
            NetLabException fault = _connection.Fail(error);
            if (!closedHere)
            {
                _host.Report(fault, _connection.Remote);
            }
        }

        await _connection.Ended.ConfigureAwait(false);
    }

    public void BeginStop() => _ = _connection.HalfCloseAsync(CancellationToken.None).AsTask();

    public void Abort() => _connection.Abort();

    public void Dispose() => _connection.Close(TcpCloseReason.Failed);

    /// <summary>Completes at the end of the stream; an incomplete frame is recorded as a truncated message.</summary>
    /// <returns>How many bytes of an unfinished frame were left.</returns>
    private async Task<int> RunAsync()
    {
        _isReading = _connection.BeginReading(this);
        try
        {
            return _isReading ? await ReadAsync().ConfigureAwait(false) : 0;
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

    private async Task<int> ReadAsync()
    {
        while (true)
        {
            NoteWait();
            await _connection.WaitReadableAsync().ConfigureAwait(false);
            await TrimWhile(WorkAsync(receives: true, out Step step)).ConfigureAwait(false);
            if (step == Step.End)
            {
                return await EndAsync().ConfigureAwait(false);
            }

            while (step != Step.NeedBytes)
            {
                if (step == Step.TooLong)
                {
                    throw _connection.TooLong(_tooLong);
                }

                if (step is Step.NeedRoom or Step.RunHandler && !await FinishAsync(hasRoom: step != Step.NeedRoom).ConfigureAwait(false))
                {
                    return 0;
                }

                if (step == Step.Flush && _connection.IsTurnOver)
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
        return messages == 0 ? default : _connection.SendAsync(replies.Written, messages, CancellationToken.None);
    }

    private Step Process(ReplyWriter replies, ref int messages)
    {
        for (int taken = 1; !replies.IsFull && (taken % TcpConnection.MessagesPerLook != 0 || !_connection.IsTurnOver); taken++)
        {
            switch (_connection.Reader.TryRead(out ReadOnlySpan<byte> payload, out long length))
            {
                case FrameStatus.Incomplete:
                    return Step.NeedBytes;
                case FrameStatus.TooLong:
                    _tooLong = length;
                    return Step.TooLong;
            }

            _connection.CountReceived();
            bool hasRoom = true;
            TcpMessage? message = null;
            if (_options.Sink is not null || _options.Handler is not null)
            {
                message = _connection.NewMessage(payload);
                hasRoom = _options.Sink is null || _options.Sink.TryAdd(message);
            }

            if (_options.Echo)
            {
                replies.Append(_options.Framing, payload);
                messages++;
            }

            for (int i = 0; i < _options.Replies.Count; i++)
            {
                replies.Append(_options.Framing, _options.Replies[i]);
                messages++;
            }

            if (!hasRoom || _options.Handler is not null)
            {
                _unfinished = message;
                return hasRoom ? Step.RunHandler : Step.NeedRoom;
            }
        }

        return Step.Flush;
    }

    private ValueTask SendFrame(byte[] payload)
    {
        using ReplyWriter replies = ReplyWriter.Lend();
        replies.Append(_options.Framing, payload);
        return _connection.SendAsync(replies.Written, 1, CancellationToken.None);
    }

    private ValueTask<bool> FinishAsync(bool hasRoom)
    {
        TcpMessage message = _unfinished!;
        _unfinished = null;
        return FinishAsync(message, hasRoom, isAnswered: _options.Handler is not null);
    }

    /// <summary>
    /// The slow part of handling a message: room in the mailbox, and its answer by the script. False if the connection
    /// was closed meanwhile.
    /// </summary>
    private async ValueTask<bool> FinishAsync(TcpMessage message, bool hasRoom, bool isAnswered)
    {
        _connection.PauseReading();
        _isReading = false;
        _connection.Reader.Trim();
        _connection.Memory?.Change(message.Length);
        try
        {
            if (!hasRoom)
            {
                await _options.Sink!.AddAsync(message, _giveUp.Token).ConfigureAwait(false);
            }

            if (isAnswered)
            {
                await AnswerAsync(message).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_giveUp.IsCancellationRequested)
        {
            // The connection was closed, and what waited is forgotten.
        }
        finally
        {
            _connection.Memory?.Change(-message.Length);
        }

        _isReading = _connection.ResumeReading();
        return _isReading && !_giveUp.IsCancellationRequested;
    }

    private async ValueTask AnswerAsync(TcpMessage message)
    {
        await foreach (byte[] reply in _options.Handler!(message).WithCancellation(_giveUp.Token).ConfigureAwait(false))
        {
            if (_connection.IsClosed)
            {
                break;
            }

            // From here on, the idle time of the peer counts again.
            _connection.IsHeldBack = false;
            await SendFrame(reply).ConfigureAwait(false);
            _connection.IsHeldBack = true;
        }
    }

    private async ValueTask<int> EndAsync()
    {
        int left = _connection.EndMessage(keeps: _options.Sink is not null, out TcpMessage? rest);
        _connection.Reader.Dispose();
        if (rest is not null && !_options.Sink!.TryAdd(rest))
        {
            await FinishAsync(rest, hasRoom: false, isAnswered: false).ConfigureAwait(false);
        }

        return left;
    }
}
