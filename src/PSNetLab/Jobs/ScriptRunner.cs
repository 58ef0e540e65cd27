using System.Collections.Concurrent;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using PSNetLab.Conversion;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Servers;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Jobs;

/// <summary>Runs the script block that answers messages, in runspaces of its own, at most -ThrottleLimit at once.</summary>
/// <remarks>Never on the thread of an event loop. Nothing the script does ends its server: a failure is an error of the job.</remarks>
internal sealed class ScriptRunner : IDisposable
{
    // The script waits when this many of its answers are waiting to be sent.
    private const int MostAnswersWaiting = 64;

    private static readonly TimeSpan s_abortGrace = TimeSpan.FromMilliseconds(300);

    private readonly ScriptRunspaces _runspaces;
    private readonly ConcurrentDictionary<PowerShell, byte> _running = new();
    private readonly TaskCompletionSource _abandoning = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _throttle;
    private readonly string _script;
    private readonly Dictionary<string, object?> _usingValues;
    private readonly Encoding _encoding;
    private readonly MessageFraming _framing;
    private volatile bool _stopped;

    /// <param name="script">The script block.</param>
    /// <param name="caller">The cmdlet it was given to: the script runs at its location, and gets its variables with $using:.</param>
    /// <param name="throttleLimit">How many may run at once.</param>
    /// <param name="encoding">How text becomes bytes.</param>
    /// <param name="framing">The framing of an answer.</param>
    internal ScriptRunner(ScriptBlock script, PSCmdlet caller, int throttleLimit, Encoding encoding, MessageFraming framing)
    {
        _script = script.ToString();
        _usingValues = UsingValues.Evaluate(script, caller);
        _runspaces = new ScriptRunspaces(caller.SessionState.Path.CurrentFileSystemLocation.ProviderPath, throttleLimit);
        _throttle = new SemaphoreSlim(throttleLimit);
        _encoding = encoding;
        _framing = framing;
    }

    /// <summary>Opens a runspace before the first message needs it.</summary>
    internal void Prepare() => _runspaces.Prepare();

    /// <summary>Runs the script on one message, as $_, and passes on its output as it comes, one payload each.</summary>
    /// <param name="message">The message.</param>
    /// <param name="job">The job whose streams get the rest of the output.</param>
    /// <param name="cancellationToken">Ends the wait for the message's turn; a script that has begun runs to its end.</param>
    internal async IAsyncEnumerable<byte[]> AnswerAsync(IReceivedMessage message, NetJob job, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await LoopThread.Leave();
        await _throttle.WaitAsync(cancellationToken).ConfigureAwait(false);
        BoundedChannelOptions few = new(MostAnswersWaiting) { SingleReader = true, SingleWriter = true };
        Channel<byte[]> answers = Channel.CreateBounded<byte[]>(few);
        Task run = RunAsync(message, job, answers.Writer);
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
            _throttle.Release();
        }
    }

    /// <summary>
    /// Aborts scripts that still run after the time that connections get to end by themselves, and then abandons those that
    /// cannot be aborted.
    /// </summary>
    internal void Stop() => _ = StopAsync();

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopped = true;
        _runspaces.Dispose();
    }

    private async Task StopAsync()
    {
        await Task.Delay(StopGrace.Longest).ConfigureAwait(false);
        _stopped = true;
        foreach (PowerShell running in _running.Keys)
        {
            try
            {
                running.BeginStop(null, null);
            }
            catch (ObjectDisposedException)
            {
                // It ended by itself just now.
            }
        }

        await Task.Delay(s_abortGrace).ConfigureAwait(false);
        _abandoning.TrySetResult();
    }

    /// <summary>Runs the script. Every failure is reported; nothing is thrown.</summary>
    private async Task RunAsync(IReceivedMessage message, NetJob job, ChannelWriter<byte[]> answers)
    {
        ScriptRunspace? runspace = null;
        try
        {
            if (!_stopped)
            {
                runspace = await _runspaces.TakeAsync().ConfigureAwait(false);
                await InvokeAsync(runspace, message, job, answers).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            if (!_stopped)
            {
                job.Write(Errors.Record(Fault(message, error), message.Remote));
            }
        }
        finally
        {
            if (runspace is not null)
            {
                _runspaces.PutBack(runspace);
            }

            answers.TryComplete();
        }
    }

    private async Task InvokeAsync(ScriptRunspace runspace, IReceivedMessage message, NetJob job, ChannelWriter<byte[]> answers)
    {
        runspace.Runspace.SessionStateProxy.SetVariable("_", message);
        PowerShell shell = PowerShell.Create();
        shell.Runspace = runspace.Runspace;
        shell.AddScript(_script, useLocalScope: true);
        if (_usingValues.Count > 0)
        {
            shell.AddParameter(UsingValues.Parameter, _usingValues);
        }

        ScriptOutput payloads = new(_encoding, payload => Send(payload, answers));
        PSDataCollection<PSObject> output = [];
        output.DataAdded += (_, _) => payloads.Take(output.ReadAll());
        PassOn(shell.Streams.Error, job);
        PassOn(shell.Streams.Warning, job);
        PassOn(shell.Streams.Information, job);
        PassOn(shell.Streams.Verbose, job);
        PassOn(shell.Streams.Debug, job);
        _running.TryAdd(shell, 0);

        // From here on, Stop finds it. Did Stop come before?
        Task run = _stopped ? Task.CompletedTask : BeginAsync(shell, output);
        try
        {
            Task first = await Task.WhenAny(run, runspace.Closing, _abandoning.Task).ConfigureAwait(false);
            if (first == runspace.Closing)
            {
                // A script that closes its own runspace and waits for that waits for itself: it never ends.
                throw new InvalidRunspaceStateException("It closed its own runspace");
            }

            if (first != run)
            {
                runspace.Abandon();
                return;
            }

            await run.ConfigureAwait(false);
        }
        finally
        {
            if (run.IsCompleted)
            {
                payloads.End();
            }

            _running.TryRemove(shell, out _);
            _ = run.ContinueWith(_ => Dispose(shell, output), TaskScheduler.Default);
        }

        payloads.ThrowIfFailed();
    }

    // Asynchronous, so that a failure to begin is one of the task.
    private static async Task BeginAsync(PowerShell shell, PSDataCollection<PSObject> output)
        => await Task.Factory.FromAsync(shell.BeginInvoke<PSObject, PSObject>(null, output), shell.EndInvoke).ConfigureAwait(false);

    private static void Dispose(PowerShell shell, PSDataCollection<PSObject> output)
    {
        shell.Dispose();
        output.Dispose();
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

    private static NetLabException Fault(IReceivedMessage message, Exception error)
    {
        string line = (error as RuntimeException)?.ErrorRecord.InvocationInfo is { ScriptLineNumber: > 0 } place
            ? $" (line {place.ScriptLineNumber} of the script block: {place.Line.Trim()})"
            : string.Empty;
        return new NetLabException(
            FaultKind.ReplyScriptFailed,
            $"The script block failed on message {message.Sequence} of {message.Remote}: {error.Message.TrimEnd('.')}{line}. "
                + "Nothing more was sent back for it; the server goes on.",
            error);
    }

    /// <summary>As the script writes them: one that runs for a long time must not collect them.</summary>
    private static void PassOn<T>(PSDataCollection<T> stream, NetJob job)
        where T : class
        => stream.DataAdded += (_, _) =>
        {
            foreach (T record in stream.ReadAll())
            {
                job.Write(record);
            }
        };
}
