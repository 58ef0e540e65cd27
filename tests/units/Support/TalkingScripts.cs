using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Tests;

/// <summary>Scripts of WebSockets.</summary>
/// <param name="hear">Gets each message, and has the next one when it returns.</param>
internal sealed class TalkingScripts(Func<HttpRequestRecord, Task> hear) : IStubScripts
{
    internal TalkingScripts(Action<HttpRequestRecord> hear)
        : this(message =>
        {
            hear(message);
            return Task.CompletedTask;
        })
    {
    }

    /// <summary>Completes when a script that runs beside the messages is told to end.</summary>
    internal TaskCompletionSource Left { get; } = new();

    public Task<StubAnswer?> AnswerAsync(StubAnswer answer, HttpRequestRecord request) => throw new NotSupportedException();

    public Task<bool> TestAsync(object script, HttpRequestRecord request) => throw new NotSupportedException();

    public Task StreamAsync(object script, HttpRequestRecord request, Func<ServerSentEvent, Task> send, CancellationToken left)
        => throw new NotSupportedException();

    public async Task TalkAsync(object script, HttpRequestRecord input, WebSocketConnection connection, CancellationToken left)
    {
        if (left.CanBeCanceled)
        {
            left.Register(() => Left.TrySetResult());
            await Left.Task;
            return;
        }

        await Task.Yield();
        await hear(input);
    }
}
