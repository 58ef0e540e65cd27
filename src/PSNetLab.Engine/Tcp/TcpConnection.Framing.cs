using System.Net.Sockets;

namespace PSNetLab;

/// <content>What a framing does of its own: answers to the peer, and scripts.</content>
public sealed partial class TcpConnection
{
    private Task _answering = Task.CompletedTask;

    /// <summary>
    /// Sends what the framing has to say. Nobody waits for it: the peer may take it only after more of its own messages were received.
    /// </summary>
    private void AnswerPeer()
    {
        if (Reader.Answers.IsEmpty || !_answering.IsCompleted)
        {
            return;
        }

        try
        {
            _answering = SendAsync(Reader.Answers, 0, CancellationToken.None).AsTask();
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException)
        {
            // Whoever receives or sends next is told.
        }

        Reader.EndAnswers();
    }

    /// <summary>Has the script of the framing look for the next message, unless this side closes the connection meanwhile.</summary>
    private async ValueTask DecideAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(Closing(), cancellationToken);
        try
        {
            await Reader.DecideAsync(Remote, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(TcpConnection));
        }
    }
}
