using System.Buffers;

namespace PSNetLab.Engine;

/// <summary>Serves one accepted connection: reads, records, answers, until it ends.</summary>
internal sealed class TcpSession
{
    private const int FlushBytes = 64 * 1024;

    // Filled and sent without a wait in between, so everything on a thread can share it.
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? t_replies;

    private readonly TcpConnection _connection;
    private readonly TcpServerOptions _options;
    private TcpMessage? _current;

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
    }

    /// <summary>Completes at the end of the stream; what was cut off by it is recorded as a truncated message.</summary>
    /// <returns>How many bytes of an unfinished frame were left.</returns>
    internal async Task<int> RunAsync()
    {
        while (true)
        {
            await _connection.WaitReadableAsync(CancellationToken.None).ConfigureAwait(false);
            int count = _connection.Receive();
            if (count == 0)
            {
                return await EndAsync().ConfigureAwait(false);
            }

            Step step = count < 0 ? Step.NeedBytes : Step.Flush;
            while (step != Step.NeedBytes)
            {
                await ProcessAndSend(out step).ConfigureAwait(false);
                if (step == Step.NeedRoom)
                {
                    await AddCurrentAsync().ConfigureAwait(false);
                }

                if (_current is { } message && _options.Handler is { } handler)
                {
                    foreach (byte[] reply in await handler(message).ConfigureAwait(false))
                    {
                        await SendFrame(reply).ConfigureAwait(false);
                    }
                }

                _current = null;
            }
        }
    }

    private ValueTask ProcessAndSend(out Step step)
    {
        ArrayBufferWriter<byte> replies = t_replies ??= new ArrayBufferWriter<byte>(FlushBytes);
        int messages = 0;
        try
        {
            step = Process(replies, ref messages);
        }
        finally
        {
            _connection.Reader.Park();
        }

        ValueTask sending = messages == 0 ? default : _connection.SendAsync(replies.WrittenSpan, messages, CancellationToken.None);
        replies.ResetWrittenCount();
        return sending;
    }

    private Step Process(ArrayBufferWriter<byte> replies, ref int messages)
    {
        while (replies.WrittenCount < FlushBytes)
        {
            switch (_connection.Reader.TryRead(out ReadOnlySpan<byte> payload, out int length))
            {
                case FrameStatus.Incomplete:
                    return Step.NeedBytes;
                case FrameStatus.TooLong:
                    throw _connection.TooLong(length);
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
            else if (_options.Reply is not null)
            {
                Append(replies, _options.Reply);
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
        ArrayBufferWriter<byte> replies = t_replies ??= new ArrayBufferWriter<byte>(FlushBytes);
        Append(replies, payload);
        ValueTask sending = _connection.SendAsync(replies.WrittenSpan, 1, CancellationToken.None);
        replies.ResetWrittenCount();
        return sending;
    }

    private async ValueTask AddCurrentAsync()
    {
        do
        {
            await _options.Sink!.WaitForRoomAsync().ConfigureAwait(false);
        }
        while (!_options.Sink.TryAdd(_current!));
    }

    private async ValueTask<int> EndAsync()
    {
        int left = _connection.Reader.Pending;
        if (left > 0)
        {
            _connection.CountReceived();
            _current = _connection.NewMessage(_connection.Reader.TakeRest(), truncated: true);
            if (_options.Sink is not null && !_options.Sink.TryAdd(_current))
            {
                await AddCurrentAsync().ConfigureAwait(false);
            }
        }

        return left;
    }
}
