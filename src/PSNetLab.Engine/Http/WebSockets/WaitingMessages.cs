using System.Threading.Channels;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Http.WebSockets;

/// <summary>
/// The messages of a client that wait for their answers. One after the other is answered, and keeps its bytes of the common limit until
/// then.
/// </summary>
/// <param name="held">The limit, from which the bytes of each message were taken.</param>
internal sealed class WaitingMessages(ByteLimit held)
{
    // When more wait, the client has to wait as well.
    private const int Most = 16;
    private const int MostBytes = HandedOver.DefaultMost;

    // Also the lock for what is counted of it.
    private readonly Channel<HttpRequestRecord> _messages = Channel.CreateUnbounded<HttpRequestRecord>(new() { SingleReader = true });
    private int _waiting;
    private long _bytes;
    private int _unanswered;
    private bool _isOver;
    private TaskCompletionSource? _room;
    private TaskCompletionSource? _answered;

    /// <summary>Adds a message, and completes when there is room for another one.</summary>
    internal ValueTask AddAsync(HttpRequestRecord message)
    {
        lock (_messages)
        {
            if (_isOver || !_messages.Writer.TryWrite(message))
            {
                held.Give(Length(message));
                return default;
            }

            _waiting++;
            _unanswered++;
            _bytes += Length(message);
            return HasRoom ? default : new ValueTask((_room ??= NewSource()).Task);
        }
    }

    /// <summary>Completes when one more is answered, and the limit may have room again; null if none is to be answered.</summary>
    internal Task? NextAnswer()
    {
        lock (_messages)
        {
            return _unanswered == 0 ? null : (_answered ??= NewSource()).Task;
        }
    }

    /// <summary>Says that there will be no more.</summary>
    internal void Complete() => _messages.Writer.TryComplete();

    /// <summary>Answers all, until there will be no more.</summary>
    internal async Task AnswerAllAsync(Func<HttpRequestRecord, Task> answer)
    {
        try
        {
            while (await _messages.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                while (_messages.Reader.TryRead(out HttpRequestRecord? message))
                {
                    await AnswerAsync(message, answer).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            End();
        }
    }

    private bool HasRoom => _waiting <= Most && _bytes <= MostBytes;

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static void Tell(ref TaskCompletionSource? source)
    {
        source?.TrySetResult();
        source = null;
    }

    private static int Length(HttpRequestRecord message) => message.BodyBytes?.Length ?? 0;

    private async Task AnswerAsync(HttpRequestRecord message, Func<HttpRequestRecord, Task> answer)
    {
        int length = Length(message);
        lock (_messages)
        {
            _waiting--;
            _bytes -= length;
            if (HasRoom)
            {
                Tell(ref _room);
            }
        }

        try
        {
            await answer(message).ConfigureAwait(false);
        }
        finally
        {
            held.Give(length);
            lock (_messages)
            {
                _unanswered--;
                Tell(ref _answered);
            }
        }
    }

    private void End()
    {
        lock (_messages)
        {
            _isOver = true;
            _unanswered = 0;
            while (_messages.Reader.TryRead(out HttpRequestRecord? message))
            {
                held.Give(Length(message));
            }

            Tell(ref _room);
            Tell(ref _answered);
        }
    }
}
