using System.Buffers;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Threading.Channels;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.WebSockets;

/// <summary>Serves a WebSocket from its handshake to its end.</summary>
/// <param name="connection">The connection.</param>
/// <param name="takeover">Its bytes.</param>
/// <param name="request">The request that opens it.</param>
/// <param name="options">What happens on it.</param>
internal sealed class WebSocketSession(
    WebSocketConnection connection, HttpTakeover takeover, HttpRequestRecord request, WebSocketOptions options)
{
    private const int ReceiveBytes = 16 * 1024;

    // So many messages wait for their answers; then the client has to wait.
    private const int MostWaiting = 16;

    private readonly Queue<(WebSocketStep Step, byte[] Data)> _found = new();
    private readonly Channel<HttpRequestRecord> _waiting = Channel.CreateBounded<HttpRequestRecord>(MostWaiting);
    private int _code = WebSocketCode.Abnormal;
    private long _heardAt = Environment.TickCount64;

    /// <summary>Serves it.</summary>
    /// <param name="head">The answer to the handshake.</param>
    internal async ValueTask ServeAsync(byte[] head)
    {
        await takeover.SendAsync(head).ConfigureAwait(false);
        takeover.TellRequest();
        takeover.MayBeUnread = true;
        using CancellationTokenSource left = CancellationTokenSource.CreateLinkedTokenSource(takeover.Ending);
        using CancellationTokenRegistration ending = takeover.Ending.UnsafeRegister(
            _ => Task.Run(() => connection.CloseAsync(WebSocketCode.GoingAway, "The server ends.")), null);
        Task answering = options.Answer is { } answer ? AnswerAllAsync(answer) : Task.CompletedTask;
        Task opened = options.Opened is { } work ? work(connection, left.Token) : Task.CompletedTask;
        Task beating = options.Heartbeat > TimeSpan.Zero ? BeatAsync(left.Token) : Task.CompletedTask;
        byte[] reason = [];
        using WebSocketReader reader = new(options.MostBytes, options.Held);
        try
        {
            reason = await ReceiveAllAsync(reader).ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException)
        {
            // The client has left without a word.
        }

        _waiting.Writer.Complete();
        options.OnReceived(request.ToMessage(WebSocketMessageType.Close, reason, _code));
        await left.CancelAsync().ConfigureAwait(false);
        await connection.EndAsync().ConfigureAwait(false);

        // What has come before the end is still answered, although nobody gets that.
        await Task.WhenAll(answering, opened, beating).ConfigureAwait(false);
    }

    /// <returns>The reason of the end.</returns>
    private async ValueTask<byte[]> ReceiveAllAsync(WebSocketReader reader)
    {
        while (true)
        {
            await takeover.WaitAsync().ConfigureAwait(false);
            if (Receive(reader) == 0)
            {
                return [];
            }

            while (_found.TryDequeue(out (WebSocketStep Step, byte[] Data) found))
            {
                switch (found.Step)
                {
                    case WebSocketStep.Ping when connection.IsOpen:
                        await TrySendAsync(WebSocketFrame.Pong(found.Data), isMessage: false).ConfigureAwait(false);
                        break;
                    case WebSocketStep.Text or WebSocketStep.Binary:
                        await TakeAsync(found.Step == WebSocketStep.Text, found.Data).ConfigureAwait(false);
                        break;
                    case WebSocketStep.Close:
                        _code = reader.Code;
                        await connection.CloseAsync(reader.Code, string.Empty).ConfigureAwait(false);
                        return found.Data;
                    case WebSocketStep.Failed:
                        _code = reader.Code;
                        await connection.CloseAsync(reader.Code, reader.Reason).ConfigureAwait(false);
                        return System.Text.Encoding.UTF8.GetBytes(reader.Reason);
                }
            }
        }
    }

    /// <summary>Receives once, and reads all of it: while nothing comes, the connection has no buffer.</summary>
    private int Receive(WebSocketReader reader)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ReceiveBytes);
        try
        {
            int count = takeover.TryReceive(buffer);
            Volatile.Write(ref _heardAt, Environment.TickCount64);
            ReadOnlySpan<byte> bytes = buffer.AsSpan(0, Math.Max(count, 0));
            WebSocketStep step;
            while ((step = reader.Read(ref bytes)) != WebSocketStep.NeedsMore)
            {
                _found.Enqueue((step, reader.Data));
            }

            return count;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask TakeAsync(bool isText, byte[] data)
    {
        HttpRequestRecord message = request.ToMessage(isText ? WebSocketMessageType.Text : WebSocketMessageType.Binary, data);
        connection.MessagesReceived++;
        options.OnReceived(message);
        if (options.Answer is not null)
        {
            await _waiting.Writer.WriteAsync(message).ConfigureAwait(false);
        }
        else
        {
            await TrySendAsync(isText ? WebSocketFrame.Text(data) : WebSocketFrame.Binary(data)).ConfigureAwait(false);
        }
    }

    private async Task AnswerAllAsync(Func<WebSocketConnection, HttpRequestRecord, Task> answer)
    {
        await foreach (HttpRequestRecord message in _waiting.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            if (!takeover.Ending.IsCancellationRequested)
            {
                await answer(connection, message).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Sends a Ping when nothing has come for a while: what is between the two sides keeps the connection then.</summary>
    private async Task BeatAsync(CancellationToken left)
    {
        try
        {
            while (true)
            {
                long quiet = Environment.TickCount64 - Volatile.Read(ref _heardAt);
                TimeSpan wait = options.Heartbeat - TimeSpan.FromMilliseconds(quiet);
                if (wait <= TimeSpan.Zero)
                {
                    await TrySendAsync(WebSocketFrame.Ping([]), isMessage: false).ConfigureAwait(false);
                    wait = options.Heartbeat;
                }

                await Task.Delay(wait, left).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The client has left.
        }
    }

    private async ValueTask TrySendAsync(byte[] frame, bool isMessage = true)
    {
        try
        {
            await connection.SendAsync(frame, isMessage).ConfigureAwait(false);
        }
        catch (NetLabException)
        {
            // It is being closed, or the client has left, which the next read shows.
        }
    }
}
