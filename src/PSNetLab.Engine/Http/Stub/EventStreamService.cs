using System.Net.Sockets;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Stub;

/// <summary>Sends what a script puts out as events, until the script ends or the client leaves.</summary>
/// <param name="script">The script.</param>
/// <param name="heartbeat">How often a comment is sent; zero for never.</param>
internal sealed class EventStreamService(object script, TimeSpan heartbeat) : StubService
{
    private static readonly TimeSpan s_betweenProbes = TimeSpan.FromMilliseconds(100);

    private static readonly KeyValuePair<string, string>[] s_fields =
    [
        FieldLines.Field("Content-Type", "text/event-stream"),
        FieldLines.Field("Cache-Control", "no-store"),
    ];

    internal override bool HasScript => true;

    internal override async ValueTask ServeAsync(HttpExchange exchange, StubAnswer answer, HttpRequestRecord request, StubHandler handler)
    {
        IEnumerable<KeyValuePair<string, string>> usual = s_fields.Where(
            field => !answer.Fields.Any(own => own.Key.Equals(field.Key, StringComparison.OrdinalIgnoreCase)));
        await exchange.StartAsync(answer.Status, FieldLines.Format([.. usual, .. answer.Fields])).ConfigureAwait(false);
        if (!exchange.SendsBody || handler.Options.Scripts is not { } scripts)
        {
            return;
        }

        using CancellationTokenSource left = CancellationTokenSource.CreateLinkedTokenSource(exchange.Ending);
        using SemaphoreSlim sending = new(1);
        Task watching = WatchAsync(exchange, sending, left);
        Task beating = heartbeat > TimeSpan.Zero ? BeatAsync(exchange, sending, left) : Task.CompletedTask;
        await scripts.StreamAsync(script, request, item => SendAsync(exchange, sending, left, item.Format()), left.Token)
            .ConfigureAwait(false);
        await left.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(watching, beating).ConfigureAwait(false);

        // A script that was stopped may still be sending. Nothing may be sent beside that; its end is that of the connection.
        await sending.WaitAsync(CancellationToken.None).ConfigureAwait(false);
    }

    public override string ToString() => "events";

    /// <summary>Waits until the client has left.</summary>
    private static async Task WatchAsync(HttpExchange exchange, SemaphoreSlim sending, CancellationTokenSource left)
    {
        try
        {
            await exchange.WaitForEndAsync(left.Token).ConfigureAwait(false);

            // Perhaps the client has only ended its side, and still listens. If it has not, its system answers with a reset.
            while (!exchange.HasLeft)
            {
                await SendAsync(exchange, sending, left, ServerSentEvent.Heartbeat).ConfigureAwait(false);
                await Task.Delay(s_betweenProbes, left.Token).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // It has left, or the stream has ended.
        }

        await left.CancelAsync().ConfigureAwait(false);
    }

    private async Task BeatAsync(HttpExchange exchange, SemaphoreSlim sending, CancellationTokenSource left)
    {
        try
        {
            while (true)
            {
                await Task.Delay(heartbeat, left.Token).ConfigureAwait(false);
                await SendAsync(exchange, sending, left, ServerSentEvent.Heartbeat).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The stream has ended.
        }
    }

    private static async Task SendAsync(HttpExchange exchange, SemaphoreSlim sending, CancellationTokenSource left, byte[] bytes)
    {
        await sending.WaitAsync(left.Token).ConfigureAwait(false);
        try
        {
            await exchange.WriteAsync(bytes).ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException)
        {
            await left.CancelAsync().ConfigureAwait(false);
            left.Token.ThrowIfCancellationRequested();
        }
        finally
        {
            sending.Release();
        }
    }
}
