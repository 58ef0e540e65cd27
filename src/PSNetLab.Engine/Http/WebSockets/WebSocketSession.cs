using System.Buffers;
using System.Net.Sockets;
using System.Net.WebSockets;
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

    private readonly Queue<(WebSocketStep Step, byte[] Data)> _found = new();
    private readonly WaitingMessages? _waiting = options.Answer is null ? null : new(options.Held);
    private int _code = WebSocketCode.Abnormal;
    private long _heardAt = Environment.TickCount64;

    /// <summary>Serves it.</summary>
    /// <param name="head">The answer to the handshake.</param>
    internal async ValueTask ServeAsync(byte[] head)
    {
        takeover.Length = 0;
        await takeover.SendHeadAsync(head).ConfigureAwait(false);
        takeover.MayBeUnread = true;
        using CancellationTokenSource left = CancellationTokenSource.CreateLinkedTokenSource(takeover.Ending);
        using CancellationTokenRegistration ending = takeover.Ending.UnsafeRegister(
            _ => Task.Run(() => connection.CloseAsync(WebSocketCode.GoingAway, "The server ends.")), null);
        Task answering = _waiting?.AnswerAllAsync(AnswerAsync) ?? Task.CompletedTask;
        Task opened = options.Opened is { } work ? work(connection, left.Token) : Task.CompletedTask;
        Task beating = options.Heartbeat > TimeSpan.Zero ? BeatAsync(left.Token) : Task.CompletedTask;
        byte[] reason = [];
        try
        {
            reason = await ReceiveAllAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException)
        {
            // The client has left without a word.
        }
        finally
        {
            _waiting?.Complete();
        }

        options.OnReceived(request.ToMessage(WebSocketMessageType.Close, reason, _code));
        await left.CancelAsync().ConfigureAwait(false);
        await connection.EndAsync().ConfigureAwait(false);

        // What has come before the end is still answered, although nobody gets that.
        await Task.WhenAll(answering, opened, beating).ConfigureAwait(false);
    }

    /// <returns>The reason of the end.</returns>
    private async ValueTask<byte[]> ReceiveAllAsync()
    {
        using WebSocketReader reader = new(options.MostBytes, options.Held);
        try
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
                    if (await HandleAsync(reader, found.Step, found.Data).ConfigureAwait(false) is { } reason)
                    {
                        return reason;
                    }
                }
            }
        }
        finally
        {
            GiveBack();
        }
    }

    /// <returns>The reason of the end; null if it goes on.</returns>
    private async ValueTask<byte[]?> HandleAsync(WebSocketReader reader, WebSocketStep step, byte[] data)
    {
        switch (step)
        {
            case WebSocketStep.Ping when connection.IsOpen:
                await TrySendAsync(WebSocketFrame.Pong(data), isMessage: false).ConfigureAwait(false);
                return null;
            case WebSocketStep.Text or WebSocketStep.Binary:
                await TakeAsync(step == WebSocketStep.Text, data).ConfigureAwait(false);
                return null;
            case WebSocketStep.NeedsRoom:
                await ReadOnAsync(reader, data).ConfigureAwait(false);
                return null;
            case WebSocketStep.Close:
                _code = reader.Code;
                await connection.CloseAsync(reader.Code, string.Empty).ConfigureAwait(false);
                return data;
            case WebSocketStep.Failed:
                _code = reader.Code;
                await connection.CloseAsync(reader.Code, reader.Reason).ConfigureAwait(false);
                return System.Text.Encoding.UTF8.GetBytes(reader.Reason);
            default:
                return null;
        }
    }

    /// <summary>Reads the rest of what was received when there is room for it.</summary>
    /// <remarks>
    /// It waits for the answers to earlier messages of this client, which give back what these hold, and for no other client: they might
    /// wait for each other.
    /// </remarks>
    private async ValueTask ReadOnAsync(WebSocketReader reader, byte[] rest)
    {
        while (true)
        {
            // Before the look at the limit: there is room if none is left to be answered, or there never will be.
            Task? next = _waiting?.NextAnswer();
            byte[]? left = Read(reader, rest);
            if (left?.Length != rest.Length)
            {
                AddRest(left);
                return;
            }

            if (next is null)
            {
                reader.Refuse();
                _found.Enqueue((WebSocketStep.Failed, []));
                return;
            }

            await next.ConfigureAwait(false);
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
            AddRest(Read(reader, buffer.AsSpan(0, Math.Max(count, 0))));
            return count;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <returns>What there is no room for now; null if all was read.</returns>
    private byte[]? Read(WebSocketReader reader, ReadOnlySpan<byte> bytes)
    {
        WebSocketStep step;
        while ((step = reader.Read(ref bytes)) is not (WebSocketStep.NeedsMore or WebSocketStep.NeedsRoom))
        {
            _found.Enqueue((step, reader.Data));
        }

        return step == WebSocketStep.NeedsRoom ? bytes.ToArray() : null;
    }

    private void AddRest(byte[]? rest)
    {
        if (rest is not null)
        {
            _found.Enqueue((WebSocketStep.NeedsRoom, rest));
        }
    }

    /// <summary>Takes a message, whose bytes are given back to the limit when it is answered.</summary>
    private async ValueTask TakeAsync(bool isText, byte[] data)
    {
        bool isAnswered = true;
        try
        {
            HttpRequestRecord message = request.ToMessage(isText ? WebSocketMessageType.Text : WebSocketMessageType.Binary, data);
            connection.MessagesReceived++;
            options.OnReceived(message);
            if (_waiting is not null)
            {
                isAnswered = false;
                await _waiting.AddAsync(message).ConfigureAwait(false);
            }
            else
            {
                await TrySendAsync(isText ? WebSocketFrame.Text(data) : WebSocketFrame.Binary(data)).ConfigureAwait(false);
            }
        }
        finally
        {
            options.Held.Give(isAnswered ? data.Length : 0);
        }
    }

    private Task AnswerAsync(HttpRequestRecord message)
        => takeover.Ending.IsCancellationRequested ? Task.CompletedTask : options.Answer!(connection, message);

    /// <summary>Gives back what messages hold that nobody takes any more.</summary>
    private void GiveBack()
    {
        while (_found.TryDequeue(out (WebSocketStep Step, byte[] Data) left))
        {
            options.Held.Give(left.Step is WebSocketStep.Text or WebSocketStep.Binary ? left.Data.Length : 0);
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
