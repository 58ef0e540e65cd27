using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Server;

/// <content>Answers that are sent piece by piece, also while the body of the request still comes.</content>
internal sealed partial class HttpExchange
{
    /// <summary>Sends the head of an answer. Send its content piece by piece with <see cref="WriteAsync"/>.</summary>
    /// <param name="status">The status, from 200 to 999.</param>
    /// <param name="fieldLines">As in <see cref="Answer(int, byte[], Content?)"/>.</param>
    /// <param name="length">The length of the content in bytes; -1 if it is not known.</param>
    internal async ValueTask StartAsync(int status, byte[] fieldLines, long length = -1)
    {
        Begin(status, fieldLines, length);
        await _connection.StartStreamAsync().ConfigureAwait(false);
        await LoopThread.Leave();
    }

    /// <summary>Whether the fields of the answer have a Date, which is then not added.</summary>
    internal bool HasDate { get; set; }

    /// <summary>Sets the field lines after the content, if that is sent in chunks.</summary>
    internal void SetTrailers(ReadOnlySpan<byte> lines) => LastChunk = [.. "0\r\n"u8, .. lines, .. "\r\n"u8];

    /// <summary>Sends more of the content.</summary>
    internal async ValueTask WriteAsync(ReadOnlyMemory<byte> data)
    {
        await _connection.WriteStreamAsync(data).ConfigureAwait(false);
        await LoopThread.Leave();
    }

    /// <summary>
    /// Completes when the client has ended its side, which it also does when it leaves, and fails when it has reset the connection. For a
    /// handler that streams; what the client sends meanwhile is kept.
    /// </summary>
    internal async Task WaitForEndAsync(CancellationToken cancellationToken)
    {
        await _connection.WaitForEndAsync(cancellationToken).ConfigureAwait(false);
        await LoopThread.Leave();
    }

    /// <summary>
    /// Sends an interim response, such as 103 (Early Hints). Does nothing if the client speaks HTTP/1.0, which has none, or
    /// if the answer has started.
    /// </summary>
    internal async ValueTask InformAsync(int status, byte[] fieldLines)
    {
        await _connection.InformAsync(status, fieldLines).ConfigureAwait(false);
        await LoopThread.Leave();
    }

    /// <summary>Sends the end of the content now. If the handler does not, it is sent when it returns.</summary>
    internal async ValueTask EndAsync()
    {
        await _connection.EndStreamAsync().ConfigureAwait(false);
        await LoopThread.Leave();
    }

    /// <summary>
    /// Reads a part of the body, like <see cref="ReadAsync"/>, while another part of the handler sends. It does not send 100 (Continue).
    /// </summary>
    /// <exception cref="IOException">The body is malformed or did not arrive completely.</exception>
    internal async ValueTask<int> ReadBesideAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        int count = await _connection.ReadBodyBesideAsync(destination, cancellationToken).ConfigureAwait(false);
        await LoopThread.Leave();
        return count;
    }

    /// <summary>Sends 100 (Continue) once, if the client waits for it and has no answer yet. Not while anything else is sent.</summary>
    internal async ValueTask ContinueAsync()
    {
        await _connection.ContinueAsync().ConfigureAwait(false);
        await LoopThread.Leave();
    }
}
