using System.Management.Automation;
using PSNetLab.Conversion;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Jobs;

/// <summary>Runs script blocks for a server, in runspaces of its own, at most -ThrottleLimit at once.</summary>
/// <remarks>
/// Never on the thread of an event loop, though one may ask for it. Nothing a script does ends its server. A script whose client does not
/// take its output does not count while it waits, so that others are served meanwhile.
/// </remarks>
internal sealed partial class ScriptRunner : IDisposable
{
    // A script of one line can be long, and so can an error that quotes what a peer sent.
    private const int MostOfLine = 120;
    private const int MostOfError = 1000;

    private readonly ScriptRunspaces _runspaces;
    private readonly int _throttleLimit;
    private readonly string _advice;

    private volatile bool _stopped;

    /// <param name="caller">The cmdlet that starts the server: scripts run at its location.</param>
    /// <param name="throttleLimit">How many may run at once.</param>
    /// <param name="advice">What lets more run, for a sentence.</param>
    internal ScriptRunner(PSCmdlet caller, int throttleLimit, string advice = "raise -ThrottleLimit, ")
    {
        _throttleLimit = throttleLimit;
        _advice = advice;
        _runspaces = new ScriptRunspaces(this, caller.SessionState.Path.CurrentFileSystemLocation.ProviderPath, throttleLimit);
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
    internal Task<bool> RunAsync(
        JobScript script, object input, NetJob? job, IScriptOutput output, TimeSpan limit, ScriptVariable[]? variables = null,
        CancellationToken cancellationToken = default, CancellationToken left = default)
    {
        ScriptRun run = new(this, script, input, job, output, limit, variables ?? [], left);
        lock (_gate)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                return Task.FromCanceled<bool>(cancellationToken);
            }

            if (_stopped)
            {
                return Task.FromResult(false);
            }

            if (_running.Count == _throttleLimit)
            {
                Move(run.Turn, _waiting);
                WatchForStall(run);
                run.Watch(state => Withdraw((ScriptRun)state!, cancellationToken), cancellationToken);
                return run.Ended;
            }

            Move(run.Turn, _running);
        }

        Begin(run);
        return run.Ended;
    }

    /// <summary>
    /// Aborts scripts that still run after the time that connections get to end by themselves, and then abandons those that
    /// cannot be aborted.
    /// </summary>
    internal void Stop() => _ = StopAsync();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ScriptRunspace runspace in End())
        {
            runspace.StopScript();
        }

        _runspaces.Dispose();
        _stalls?.Dispose();
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
            ? $" (line {place.ScriptLineNumber} of the script block: {Quoted(place)})"
            : string.Empty;
        string message = error is ActionPreferenceStopException stop ? stop.ErrorRecord.ToString() : error.Message;
        return new NetLabException(kind, $"The script block failed on {what}: "
            + $"{Quoted(message)}{line}. {consequence}", error);
    }

    /// <summary>The text of an error, for a sentence.</summary>
    internal static string Quoted(string error) => Shortened(error.TrimEnd('.'), MostOfError);

    /// <summary>The line of a script where an error was, for a sentence.</summary>
    internal static string Quoted(InvocationInfo place) => PeerText.Visible(Shortened(place.Line.Trim(), MostOfLine));

    private static string Shortened(string text, int most) => text.Length <= most ? text : text[..most] + "…";

    /// <summary>Finds the next script for a runspace whose pipeline can go on, or keeps the runspace until there is one.</summary>
    /// <param name="runspace">The runspace.</param>
    /// <param name="ended">The turn of its last script, which has ended.</param>
    /// <param name="next">The next script; null if there is none yet.</param>
    /// <returns>False if its pipeline has to end, and the runspace is to be put back then.</returns>
    internal bool TryContinue(ScriptRunspace runspace, ScriptTurn ended, out ScriptRun? next)
    {
        next = null;
        lock (_gate)
        {
            if (_stopped || _runspaces.AreTooMany)
            {
                return false;
            }

            if (ended.Place.List == _running && _returning.Count == 0 && _waiting.First is { } first)
            {
                Move(ended, null);
                Move(first.Value, _running);
                next = first.Value.Run;
                return true;
            }

            _busy.Remove(runspace);
        }

        if (!_runspaces.TryKeep(runspace))
        {
            return false;
        }

        ended.Dispose();
        return true;
    }

    /// <summary>Takes a runspace back whose pipeline has ended.</summary>
    internal void PutBack(ScriptRunspace runspace)
    {
        Forget(runspace);
        _runspaces.PutBack(runspace);
    }

    /// <summary>Does without a runspace from now on, in which a script runs on, or which is closed.</summary>
    internal void Lose(ScriptRunspace runspace)
    {
        Forget(runspace);
        _runspaces.Lose();
    }

    /// <summary>Does without a runspace that was closed before it could run this script, which another has to.</summary>
    internal void Replace(ScriptRunspace runspace, ScriptRun run)
    {
        Lose(runspace);
        Begin(run);
    }

    /// <summary>Runs a script, whose turn it is, in the next runspace.</summary>
    private void Begin(ScriptRun run)
    {
        Task<ScriptRunspace> taking = _runspaces.TakeAsync();
        if (!taking.IsCompletedSuccessfully || !TryStart(run, taking.Result))
        {
            _ = BeginAsync(run, taking);
        }
    }

    private async Task BeginAsync(ScriptRun run, Task<ScriptRunspace> taking)
    {
        try
        {
            while (!TryStart(run, await taking.ConfigureAwait(false)))
            {
                _runspaces.Lose();
                taking = _runspaces.TakeAsync();
            }
        }
        catch (Exception error)
        {
            run.End(false, error); // No runspace could be opened.
            run.Turn.Dispose();
        }
    }

    /// <returns>False if somebody has just closed the runspace.</returns>
    private bool TryStart(ScriptRun run, ScriptRunspace runspace)
    {
        bool isStopped;
        lock (_gate)
        {
            isStopped = _stopped;
            if (!isStopped)
            {
                _busy.Add(runspace);
            }
        }

        if (isStopped)
        {
            run.End(false);
            PutBack(runspace);
            run.Turn.Dispose();
            return true;
        }

        if (runspace.TryStart(run))
        {
            return true;
        }

        Forget(runspace);
        return false;
    }

    private void Forget(ScriptRunspace runspace)
    {
        lock (_gate)
        {
            _busy.Remove(runspace);
        }
    }

    /// <summary>Lets no more scripts begin.</summary>
    /// <returns>The runspaces in which some still run.</returns>
    private ScriptRunspace[] End()
    {
        ScriptTurn[] waiting;
        ScriptRunspace[] busy;
        lock (_gate)
        {
            _stopped = true;
            waiting = [.. _waiting];
            _waiting.Clear();
            busy = [.. _busy];
        }

        Array.ForEach(waiting, turn => turn.Run.End(false));

        return busy;
    }

    private async Task StopAsync()
    {
        await Task.Delay(StopGrace.Longest).ConfigureAwait(false);
        foreach (ScriptRunspace runspace in End())
        {
            runspace.StopScript();
        }
    }
}
