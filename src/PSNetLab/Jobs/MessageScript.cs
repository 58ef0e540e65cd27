using System.Management.Automation;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using PSNetLab.Conversion;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Jobs;

/// <summary>The script block that answers messages, in runspaces of its own, at most -ThrottleLimit at once.</summary>
internal sealed class MessageScript : IDisposable
{
    // The script waits when this many of its answers are waiting to be sent.
    private const int MostAnswersWaiting = 64;

    private readonly JobScript _script;
    private readonly Encoding _encoding;
    private readonly MessageFraming _framing;

    /// <param name="script">The script block.</param>
    /// <param name="caller">The cmdlet it was given to: the script runs at its location, and gets its variables with $using:.</param>
    /// <param name="throttleLimit">How many may run at once.</param>
    /// <param name="encoding">How text becomes bytes.</param>
    /// <param name="framing">The framing of an answer.</param>
    internal MessageScript(ScriptBlock script, PSCmdlet caller, int throttleLimit, Encoding encoding, MessageFraming framing)
    {
        _script = new JobScript(script, caller);
        Runner = new ScriptRunner(caller, throttleLimit);
        _encoding = encoding;
        _framing = framing;
    }

    internal ScriptRunner Runner { get; }

    /// <summary>Runs the script on one message, as $_, and passes on its output as it comes, one payload each.</summary>
    /// <param name="message">The message.</param>
    /// <param name="job">The job whose streams get the rest of the output.</param>
    /// <param name="cancellationToken">Ends the wait for the message's turn; a script that has begun runs to its end.</param>
    internal async IAsyncEnumerable<byte[]> AnswerAsync(IReceivedMessage message, NetJob job,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await LoopThread.Leave();
        BoundedChannelOptions few = new(MostAnswersWaiting) { SingleReader = true, SingleWriter = true };
        Channel<byte[]> answers = Channel.CreateBounded<byte[]>(few);
        Task run = RunAsync(message, job, answers.Writer, cancellationToken);
        try
        {
            while (await answers.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
            {
                while (answers.Reader.TryRead(out byte[]? answer))
                {
                    yield return answer;
                }
            }
        }
        finally
        {
            // Without a receiver the script still runs to its end.
            answers.Writer.TryComplete();
            await run.ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Runner.Dispose();

    /// <summary>Runs the script. Every failure is reported; nothing is thrown but the end of the wait for its turn.</summary>
    private async Task RunAsync(IReceivedMessage message, NetJob job, ChannelWriter<byte[]> answers, CancellationToken cancellationToken)
    {
        ScriptOutput payloads = new(_encoding, payload => Send(payload, answers));
        try
        {
            if (await Runner.RunAsync(_script, message, job, payloads, Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false))
            {
                payloads.ThrowIfFailed();
            }
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            if (!Runner.IsStopped)
            {
                string what = $"message {message.Sequence} of {message.Remote}";
                job.Write(Errors.Record(ScriptRunner.Fault(error, what, "Nothing more was sent back for it; the server goes on."),
                    message.Remote));
            }
        }
        finally
        {
            answers.TryComplete();
        }
    }

    /// <summary>Called on the script's own thread, which waits while many answers are waiting.</summary>
    private void Send(byte[] payload, ChannelWriter<byte[]> answers)
    {
        _framing.EncodedLength(payload.Length);
        while (!answers.TryWrite(payload))
        {
            if (!answers.WaitToWriteAsync().AsTask().GetAwaiter().GetResult())
            {
                return; // nobody receives them any more
            }
        }
    }
}
