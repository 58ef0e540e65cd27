using System.Buffers;

namespace PSNetLab.Engine;

/// <summary>Serves one accepted connection: reads, records, answers, until it ends.</summary>
internal sealed class TcpSession
{
    private const int FlushBytes = 64 * 1024;
    private const int MostBytesKept = 1024 * 1024;

    // Filled and sent without a wait in between, so everything on a thread can share it.
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? t_replies;

    private readonly TcpConnection _connection;
    private readonly TcpServerOptions _options;
    private TcpMessage? _current;
    private bool _isReading;
    private long _tooLong;

    internal TcpSession(TcpConnection connection, TcpServerOptions options)
    {
        _connection = connection;
        _options = options;
    }

    /// <summary>What stopped the work on the bytes at hand.</summary>
    private enum Step
    {
        NeedBytes,
        Flush,
        NeedRoom,
        RunHandler,
        TooLong,
    }

    /// <summary>Completes at the end of the stream; what was cut off by it is recorded as a truncated message.</summary>
    /// <returns>How many bytes of an unfinished frame were left.</returns>
    internal async Task<int> RunAsync()
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
            await _connection.WaitReadableAsync().ConfigureAwait(false);
            int count = _connection.Receive();
            if (count == 0)
            {
                return await EndAsync().ConfigureAwait(false);
            }

            Step step = count < 0 ? Step.NeedBytes : Step.Flush;
            while (step != Step.NeedBytes)
            {
                await ProcessAndSend(out step).ConfigureAwait(false);
                if (step == Step.TooLong)
                {
                    throw _connection.TooLong(_tooLong);
                }

                if (step is Step.NeedRoom or Step.RunHandler && !await FinishCurrentAsync(hasRoom: step != Step.NeedRoom).ConfigureAwait(false))
                {
                    return 0;
                }
            }
        }
    }

    private ValueTask ProcessAndSend(out Step step)
    {
        ArrayBufferWriter<byte> replies = NoReplies();
        int messages = 0;
        try
        {
            step = Process(replies, ref messages);
        }
        finally
        {
            _connection.Reader.Park();
        }

        return messages == 0 ? default : _connection.SendAsync(replies.WrittenSpan, messages, CancellationToken.None);
    }

    private Step Process(ArrayBufferWriter<byte> replies, ref int messages)
    {
        while (replies.WrittenCount < FlushBytes)
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
            if (_options.Sink is not null || _options.Handler is not null)
            {
                _current = _connection.NewMessage(payload);
                hasRoom = _options.Sink is null || _options.Sink.TryAdd(_current);
            }

            if (_options.Echo)
            {
                Append(replies, payload);
                messages++;
            }

            for (int i = 0; i < _options.Replies.Count; i++)
            {
                Append(replies, _options.Replies[i]);
                messages++;
            }

            if (!hasRoom)
            {
                return Step.NeedRoom;
            }

            if (_options.Handler is not null)
            {
                return Step.RunHandler;
            }
        }

        return Step.Flush;
    }

    private void Append(ArrayBufferWriter<byte> replies, ReadOnlySpan<byte> payload)
    {
        int length = _options.Framing.EncodedLength(payload.Length);
        _options.Framing.Encode(payload, replies.GetSpan(length)[..length]);
        replies.Advance(length);
    }

    private ValueTask SendFrame(byte[] payload)
    {
        ArrayBufferWriter<byte> replies = NoReplies();
        Append(replies, payload);
        return _connection.SendAsync(replies.WrittenSpan, 1, CancellationToken.None);
    }

    /// <summary>The thread's buffer, emptied before use: what a failed connection left in it must not go to another.</summary>
    private static ArrayBufferWriter<byte> NoReplies()
    {
        ArrayBufferWriter<byte>? replies = t_replies;
        if (replies is null || replies.Capacity > MostBytesKept)
        {
            t_replies = replies = new ArrayBufferWriter<byte>(FlushBytes);
        }

        replies.ResetWrittenCount();
        return replies;
    }

    /// <summary>What a message needs that may take time: room in the mailbox, and its answer by the script. False when the connection was closed meanwhile.</summary>
    private async ValueTask<bool> FinishCurrentAsync(bool hasRoom)
    {
        _connection.PauseReading();
        _isReading = false;
        if (!hasRoom)
        {
            await _options.Sink!.AddAsync(_current!).ConfigureAwait(false);
        }

        IReadOnlyList<byte[]> replies = _options.Handler is { } handler ? await handler(_current!).ConfigureAwait(false) : [];
        _current = null;
        _isReading = _connection.ResumeReading();
        for (int i = 0; _isReading && i < replies.Count; i++)
        {
            await SendFrame(replies[i]).ConfigureAwait(false);
        }

        return _isReading;
    }

    private async ValueTask<int> EndAsync()
    {
        int left = _connection.Reader.Pending;
        if (left == 0)
        {
            return 0;
        }

        _connection.CountReceived();
        _current = _connection.NewMessage(_connection.Reader.TakeRest(), truncated: true);
        if (_options.Sink is not null)
        {
            _connection.PauseReading();
            _isReading = false;
            await _options.Sink.AddAsync(_current).ConfigureAwait(false);
        }

        return left;
    }
}
