using System.Collections.Concurrent;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using PSNetLab.Conversion;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Jobs;

/// <summary>Runs script blocks for a server, in runspaces of its own, at most -ThrottleLimit at once.</summary>
/// <remarks>
/// Never on the thread of an event loop. Nothing a script does ends its server. A script whose client does not take its output does not
/// count while it waits, so that others are served meanwhile.
/// </remarks>
internal sealed class ScriptRunner : IDisposable
{
    // Each has a runspace.
    private const int MostWaitingAside = 64;

    // A script of one line can be long.
    private const int MostShown = 120;

    private static readonly TimeSpan s_abortGrace = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(50);

    private readonly ScriptRunspaces _runspaces;
    private readonly ConcurrentDictionary<PowerShell, byte> _running = new();
    private readonly TaskCompletionSource _abandoning = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _throttle;
    private int _waitingAside;
    private volatile bool _stopped;

    /// <param name="caller">The cmdlet that starts the server: scripts run at its location.</param>
    /// <param name="throttleLimit">How many may run at once.</param>
    internal ScriptRunner(PSCmdlet caller, int throttleLimit)
    {
        _runspaces = new ScriptRunspaces(caller.SessionState.Path.CurrentFileSystemLocation.ProviderPath, throttleLimit);
        _throttle = new SemaphoreSlim(throttleLimit);
    }

    /// <summary>Whether scripts run no more, because their server has ended.</summary>
    internal bool IsStopped => _stopped;

    /// <summary>Opens a runspace before the first script needs it.</summary>
    internal void Prepare() => _runspaces.Prepare();

    /// <summary>Runs a script, and passes on its output as it comes.</summary>
    /// <param name="script">The script.</param>
    /// <param name="input">What it gets as $_.</param>
    /// <param name="job">The job whose streams get everything but the output; null if nobody does.</param>
    /// <param name="output">Gets the output.</param>
    /// <param name="limit">How long it may run.</param>
    /// <param name="variables">What it gets besides.</param>
    /// <param name="cancellationToken">Ends the wait for its turn; a script that has begun runs to its end.</param>
    /// <param name="left">Ends the script, because nobody needs it any more.</param>
    /// <returns>Whether it ran to its end; false if the server has stopped, or nobody needs it.</returns>
    internal async Task<bool> RunAsync(
        JobScript script, object input, NetJob? job, IScriptOutput output, TimeSpan limit, ScriptVariable[]? variables = null,
        CancellationToken cancellationToken = default, CancellationToken left = default)
    {
        await _throttle.WaitAsync(cancellationToken).ConfigureAwait(false);
        ScriptRunspace? runspace = null;
        try
        {
            if (_stopped)
            {
                return false;
            }

            runspace = await _runspaces.TakeAsync().ConfigureAwait(false);
            foreach (ScriptVariable variable in variables ?? [])
            {
                runspace.Runspace.SessionStateProxy.SetVariable(variable.Name, variable.Value);
            }

            return await InvokeAsync(runspace, script, input, job, output, limit, left).ConfigureAwait(false);
        }
        finally
        {
            if (runspace is not null)
            {
                _runspaces.PutBack(runspace);
            }

            _throttle.Release();
        }
    }

    /// <summary>Waits for a client on the thread of a script. If that takes long, another script may run meanwhile.</summary>
    internal void WaitAside(Task sending)
    {
        if (Task.WaitAny([sending], s_patience) == 0 || !TryStepAside())
        {
            sending.GetAwaiter().GetResult();
            return;
        }

        try
        {
            sending.GetAwaiter().GetResult();
        }
        finally
        {
            _throttle.Wait();
            Interlocked.Decrement(ref _waitingAside);
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

    /// <summary>The fault for a script that failed.</summary>
    /// <param name="error">What happened.</param>
    /// <param name="what">What it ran for.</param>
    /// <param name="consequence">What follows from that.</param>
    /// <param name="kind">The kind of the fault.</param>
    internal static NetLabException Fault(
        Exception error, string what, string consequence, FaultKind kind = FaultKind.ReplyScriptFailed)
    {
        string line = (error as RuntimeException)?.ErrorRecord.InvocationInfo is { ScriptLineNumber: > 0 } place
            ? $" (line {place.ScriptLineNumber} of the script block: {Shortened(place.Line.Trim())})"
            : string.Empty;
        string message = error is ActionPreferenceStopException stop ? stop.ErrorRecord.ToString() : error.Message;
        return new NetLabException(kind, $"The script block failed on {what}: "
            + $"{message.TrimEnd('.')}{line}. {consequence}", error);
    }

    private static string Shortened(string line) => line.Length <= MostShown ? line : line[..MostShown] + "…";

    private bool TryStepAside()
    {
        if (Interlocked.Increment(ref _waitingAside) > MostWaitingAside)
        {
            Interlocked.Decrement(ref _waitingAside);
            return false;
        }

        _throttle.Release();
        return true;
    }

    private async Task StopAsync()
    {
        await Task.Delay(StopGrace.Longest).ConfigureAwait(false);
        _stopped = true;
        foreach (PowerShell running in _running.Keys)
        {
            Abort(running);
        }

        await Task.Delay(s_abortGrace).ConfigureAwait(false);
        _abandoning.TrySetResult();
    }

    private async Task<bool> InvokeAsync(
        ScriptRunspace runspace, JobScript script, object input, NetJob? job, IScriptOutput output, TimeSpan limit,
        CancellationToken left)
    {
        runspace.Runspace.SessionStateProxy.SetVariable("_", input);
        PowerShell shell = PowerShell.Create();
        shell.Runspace = runspace.Runspace;
        shell.AddScript(script.Text, useLocalScope: true);
        if (script.UsingValues.Count > 0)
        {
            shell.AddParameter(UsingValues.Parameter, script.UsingValues);
        }

        PSDataCollection<PSObject> stream = [];
        stream.DataAdded += (_, _) => output.Take(stream.ReadAll());
        PassOn(shell.Streams.Error, job);
        PassOn(shell.Streams.Warning, job);
        PassOn(shell.Streams.Information, job);
        PassOn(shell.Streams.Verbose, job);
        PassOn(shell.Streams.Debug, job);
        _running.TryAdd(shell, 0);

        // From here on, Stop finds it. Did Stop come before?
        Task run = _stopped ? Task.CompletedTask : BeginAsync(shell, stream);
        using CancellationTokenSource inTime = new();
        TaskCompletionSource leaving = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = left.UnsafeRegister(_ => leaving.TrySetResult(), null);
        try
        {
            Task late = limit == Timeout.InfiniteTimeSpan ? _abandoning.Task : Task.Delay(limit, inTime.Token);
            Task first = await Task.WhenAny(run, runspace.Closing, _abandoning.Task, late, leaving.Task).ConfigureAwait(false);
            if (first == runspace.Closing)
            {
                // A script that closes its own runspace and waits for that waits for itself: it never ends.
                throw new InvalidRunspaceStateException("It closed its own runspace");
            }

            if ((first == late && first != _abandoning.Task) || first == leaving.Task)
            {
                Abort(shell);
                await Task.WhenAny(run, Task.Delay(s_abortGrace, CancellationToken.None)).ConfigureAwait(false);
                if (!run.IsCompleted)
                {
                    runspace.Abandon();
                }

                return first == leaving.Task
                    ? false : throw new TimeoutException($"It did not end within {limit.TotalSeconds} s");
            }

            if (first != run)
            {
                runspace.Abandon();
                return false;
            }

            await run.ConfigureAwait(false);
            return !_stopped;
        }
        finally
        {
            inTime.Cancel();
            if (run.IsCompleted)
            {
                output.End();
            }

            _running.TryRemove(shell, out _);
            _ = run.ContinueWith(_ => Dispose(shell, stream), TaskScheduler.Default);
        }
    }

    // Asynchronous, so that a failure to begin is one of the task.
    private static async Task BeginAsync(PowerShell shell, PSDataCollection<PSObject> output)
        => await Task.Factory.FromAsync(shell.BeginInvoke<PSObject, PSObject>(null, output), shell.EndInvoke).ConfigureAwait(false);

    private static void Abort(PowerShell shell)
    {
        try
        {
            shell.BeginStop(null, null);
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself just now.
        }
    }

    private static void Dispose(PowerShell shell, PSDataCollection<PSObject> output)
    {
        shell.Dispose();
        output.Dispose();
    }

    /// <summary>As the script writes them: one that runs for a long time must not collect them.</summary>
    private static void PassOn<T>(PSDataCollection<T> stream, NetJob? job)
        where T : class
        => stream.DataAdded += (_, _) =>
        {
            foreach (T record in stream.ReadAll())
            {
                job?.Write(record);
            }
        };
}
