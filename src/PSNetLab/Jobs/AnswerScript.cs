using System.Net;
using System.Text;
using PSNetLab.Conversion;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Jobs;

/// <summary>A script block whose output is sent.</summary>
/// <param name="script">The script block.</param>
/// <param name="runner">What runs it.</param>
/// <param name="encoding">How text becomes bytes.</param>
/// <param name="framing">The framing of its output.</param>
internal sealed class AnswerScript(JobScript script, ScriptRunner runner, Encoding encoding, MessageFraming framing)
{
    /// <summary>Runs the script, and sends its output as it comes. Every failure is reported; nothing is thrown.</summary>
    /// <param name="input">What it gets as $_.</param>
    /// <param name="what">The words for that in an error.</param>
    /// <param name="remote">The peer.</param>
    /// <param name="job">The job whose streams get the rest of the output.</param>
    /// <param name="send">Takes a payload to be sent. The script waits for it, so that what it does next comes after that.</param>
    /// <param name="giveUp">Ends the connection, for the reason given, if the peer does not take what is sent.</param>
    /// <param name="variables">What it gets besides.</param>
    /// <param name="cancellationToken">Ends the wait for its turn; a script that has begun runs to its end.</param>
    internal async Task RunAsync(
        object input,
        Func<string> what,
        IPEndPoint remote,
        NetJob job,
        Func<byte[], ValueTask> send,
        Action<string> giveUp,
        ScriptVariable[]? variables = null,
        CancellationToken cancellationToken = default)
    {
        ScriptOutput payloads = new(item => Send(item as byte[] ?? Payload.From(item, encoding), send, giveUp));
        try
        {
            TimeSpan noLimit = Timeout.InfiniteTimeSpan;
            if (await runner.RunAsync(script, input, job, payloads, noLimit, variables, cancellationToken).ConfigureAwait(false))
            {
                payloads.ThrowIfFailed();
            }
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            if (!runner.IsStopped)
            {
                const string Consequence = "Nothing more was sent back for it; the server goes on.";
                job.Write(Errors.Record(ScriptRunner.Fault(error, what(), Consequence), remote));
            }
        }
    }

    /// <summary>Called on the script's own thread.</summary>
    private void Send(byte[] payload, Func<byte[], ValueTask> send, Action<string> giveUp)
    {
        framing.EncodedLength(payload);
        ValueTask sending = send(payload);
        if (!sending.IsCompletedSuccessfully)
        {
            PeerWait.For(sending.AsTask(), giveUp);
        }
    }
}
