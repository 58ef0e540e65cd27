using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Server;

/// <summary>A connection that a handler has taken over: it sends and receives bytes, as it likes, until it returns.</summary>
internal sealed class HttpTakeover(HttpConnection connection, HttpExchange exchange)
{
    /// <summary>How many bytes were sent that are not yet reported, without heads.</summary>
    internal long Sent { get; private set; }

    /// <summary>
    /// How many bytes will be sent for the request, without a head; -1 if that is not known. Set it before the last of them: within
    /// their send the request is reported, so that whoever has them finds the record.
    /// </summary>
    internal long Length { private get; set; } = -1;

    /// <summary>Whether the client got all that it should have: for the record.</summary>
    internal bool IsComplete { get; set; } = true;

    /// <summary>Cancelled when the server asks its connections to end, or ends this one.</summary>
    internal CancellationToken Ending => connection.Ending;

    /// <summary>Whether the client may still be sending at the end, so that the connection must be closed with patience.</summary>
    internal bool MayBeUnread { get; set; }

    /// <summary>The bytes of a head, with Date, and with Content-Length or Transfer-Encoding.</summary>
    /// <param name="status">The status.</param>
    /// <param name="fieldLines">As in <see cref="HttpExchange.Answer(int, byte[], Content?)"/>.</param>
    /// <param name="length">The length to announce, true or not; -1 for chunks.</param>
    internal byte[] FormatHead(int status, byte[] fieldLines, long length)
    {
        exchange.AddUsual(fieldLines);
        using ResponseWriter writer = ResponseWriter.Lend();
        writer.WriteHead(exchange.Request.Version, status, fieldLines, exchange.MoreFieldLines, length, isChunked: length < 0,
            keepAlive: true);
        return writer.Written.ToArray();
    }

    /// <summary>Sends bytes.</summary>
    internal ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => SendAsync(bytes, headBytes: 0);

    /// <summary>Sends the head of an answer, which does not count.</summary>
    internal ValueTask SendHeadAsync(ReadOnlyMemory<byte> head) => SendAsync(head, head.Length);

    /// <summary>Receives what the client sends after its request; returns the number of bytes, 0 at the end.</summary>
    internal async ValueTask<int> ReceiveAsync(Memory<byte> destination)
    {
        int count = await connection.ReceiveRawAsync(destination).ConfigureAwait(false);
        await LoopThread.Leave();
        return count;
    }

    /// <summary>Completes when there may be something for <see cref="TryReceive"/>.</summary>
    internal ValueTask WaitAsync() => connection.WaitRawAsync();

    /// <summary>Receives what is there; returns the number of bytes, 0 at the end, -1 if there is nothing yet.</summary>
    internal int TryReceive(Span<byte> destination) => connection.TryReceiveRaw(destination);

    /// <summary>Reports a message of a WebSocket.</summary>
    internal void Tell(HttpRequestRecord message) => connection.Tell(message);

    /// <inheritdoc cref="HttpExchange.DelayAsync"/>
    internal ValueTask DelayAsync(TimeSpan time) => exchange.DelayAsync(time);

    /// <summary>Tells the client that nothing more will come, while it may still send.</summary>
    internal ValueTask EndSendingAsync() => connection.EndSendingAsync();

    /// <summary>Ends what waits for the client.</summary>
    internal void Interrupt() => connection.Interrupt();

    /// <summary>Ends the connection with a reset instead of an end of the stream.</summary>
    internal void Reset() => connection.ResetAtEnd();

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, int headBytes)
    {
        int counted = bytes.Length - headBytes;
        if (Sent + counted == Length)
        {
            connection.AddTakeover(headBytes, Length, Sent, IsComplete);
            Length = -1;
            Sent = counted = 0;
        }

        await connection.SendAsync(bytes).ConfigureAwait(false);
        Sent += counted;
        await LoopThread.Leave();
    }
}
