using System.Collections;
using System.Runtime.CompilerServices;
using PSNetLab.Conversion;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Jobs;

/// <content>Scripts whose output is sent as it comes: on WebSockets, and as events.</content>
internal sealed partial class HttpScripts
{
    // Each has a runspace for as long as its client stays.
    private const int MostStreams = 64;

    private readonly ScriptRunner _streams = new(caller, MostStreams, advice: "close clients, ");

    // What the scripts of one WebSocket have in common. It goes with its connection.
    private readonly ConditionalWeakTable<WebSocketConnection, Hashtable> _states = [];

    /// <inheritdoc/>
    public async Task TalkAsync(object script, HttpRequestRecord input, WebSocketConnection connection, CancellationToken left)
    {
        ScriptRunner runner = left.CanBeCanceled ? _streams : Runner;
        ScriptOutput output = new(item =>
        {
            if (connection.IsOpen)
            {
                connection.SendFrame(StreamInput.ToFrame(item));
            }
        });
        ScriptVariable[] variables =
        [
            new("Connection", connection),
            new("State", _states.GetValue(connection, static _ => Hashtable.Synchronized(new(StringComparer.OrdinalIgnoreCase)))),
        ];
        await RunStreamAsync(runner, (JobScript)script, input, output, variables, () => connection.IsOpen, left).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task StreamAsync(object script, HttpRequestRecord request, Func<ServerSentEvent, Task> send, CancellationToken left)
    {
        // A client that takes nothing has a time limit of its own.
        ScriptOutput output = new(item => PeerWait.For(send(StreamInput.ToEvent(item)), _ => { }));
        return RunStreamAsync(_streams, (JobScript)script, request, output, [], () => !left.IsCancellationRequested, left);
    }

    /// <summary>Ends scripts that go on after the server was stopped.</summary>
    internal void Stop()
    {
        Runner.Stop();
        _streams.Stop();
    }

    private async Task RunStreamAsync(ScriptRunner runner, JobScript script, HttpRequestRecord input, ScriptOutput output,
        ScriptVariable[] variables, Func<bool> isOpen, CancellationToken left)
    {
        try
        {
            TimeSpan longest = left.CanBeCanceled ? Timeout.InfiniteTimeSpan : limit;
            await runner.RunAsync(script, input, Job!, output, longest, variables, left, left).ConfigureAwait(false);
            output.ThrowIfFailed();
        }
        catch (Exception) when (left.IsCancellationRequested)
        {
            // Nobody is left to get the rest.
        }
        catch (Exception error) when (error is NetLabException { Kind: FaultKind.ConnectionClosed } && !isOpen())
        {
            // The client has left while it was sent something.
        }
        catch (Exception error)
        {
            Report(runner, error, input, "The server goes on.");
        }
    }
}
