using System.Management.Automation;
using System.Runtime.CompilerServices;
using PSNetLab.Conversion;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Jobs;

/// <content>
/// Its pipeline, which goes on from script to script, because a new one for each takes several times as long as a short script. It ends
/// when there was nothing to do for a moment, so that an idle runspace is as PowerShell expects it, and when a script is stopped.
/// </content>
internal sealed partial class ScriptRunspace
{
    private static readonly TimeSpan s_idleTime = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_abortGrace = TimeSpan.FromMilliseconds(300);

    private readonly ConditionalWeakTable<JobScript, ScriptBlock> _calls = [];

    // Guards all of the following.
    private readonly object _gate = new();
    private readonly Timer _deadlines;
    private long _nextDeadline = long.MaxValue;
    private PowerShell? _pipeline;

    // The script that runs or is about to.
    private ScriptRun? _run;

    // Whether the runner counts on getting it back.
    private bool _isTaken;

    // Whether the pipeline goes on after its script.
    private bool _takesMore;

    // Whether a script may run in it for ever.
    private bool _isLost;

    /// <summary>Runs a script. The runspace must have been taken.</summary>
    /// <returns>False if somebody has closed the runspace.</returns>
    internal bool TryStart(ScriptRun run)
    {
        bool isStarted = TryTake(run);
        StopIfEnded();
        return isStarted;
    }

    /// <summary>Whoever ended the runner meanwhile has not seen the script.</summary>
    private void StopIfEnded()
    {
        if (_runner.IsStopped)
        {
            StopScript();
        }
    }

    private bool TryTake(ScriptRun run)
    {
        lock (_gate)
        {
            if (_isLost)
            {
                return false;
            }

            Take(run);
            if (_pipeline is not null)
            {
                // If it takes no more, its end is near, and another one begins then.
                Monitor.Pulse(_gate);
                return true;
            }

            _pipeline = CreatePipeline();
            _takesMore = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static self => self.BeginPipeline(), this, preferLocal: false);
        return true;
    }

    /// <summary>Runs scripts until there is none for a moment, or one is stopped. Called on the thread of the runspace.</summary>
    internal void RunScripts(PSCmdlet cmdlet)
    {
        for (ScriptRun? run = WaitForRun(); run is not null;)
        {
            Exception? fault;
            using (run.Turn.Enter())
            {
                fault = run.IsOver ? null : Run(run, cmdlet);
                EndOutput(run);
            }

            bool isUsable = TryClear(run, cmdlet.SessionState.PSVariable)
                && TryRestore(cmdlet.SessionState.LanguageMode, cmdlet.SessionState.Path);

            // Before the end of the run: whoever waits for it may need the runspace next.
            ScriptRun? next = Continue(run, isUsable);
            run.Turn.Dispose();
            run.End(true, fault);
            run = next ?? WaitForRun();
        }
    }

    /// <summary>Lets the pipeline end after its script.</summary>
    internal void TakeNoMore()
    {
        lock (_gate)
        {
            _takesMore = false;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Stops the script that runs, if any, because its server ends.</summary>
    internal void StopScript()
    {
        ScriptRun? run;
        lock (_gate)
        {
            run = _run;
        }

        if (run is not null)
        {
            _ = StopAsync(run, null);
        }
    }

    /// <summary>Stops a script. If it does not stop, the runspace is lost.</summary>
    /// <param name="run">The run of the script, which is over at once.</param>
    /// <param name="why">The failure; null if nobody has to be told.</param>
    private async Task StopAsync(ScriptRun run, Exception? why)
    {
        run.End(false, why);
        PowerShell? pipeline;
        lock (_gate)
        {
            if (_run != run || !run.HasBegun)
            {
                return; // It has ended just now, or will not begin.
            }

            pipeline = _pipeline;
            _takesMore = false;
        }

        try
        {
            pipeline?.BeginStop(null, null);
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself just now.
        }

        await Task.Delay(s_abortGrace).ConfigureAwait(false);
        bool runsOn;
        lock (_gate)
        {
            runsOn = _run == run;
        }

        if (runsOn && Lose(null))
        {
            DisposeAside();
        }
    }

    /// <summary>Waits for the script, on a thread that does not keep PowerShell alive either.</summary>
    private void DisposeAside()
        => _ = Task.Factory.StartNew(Runspace.Dispose, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Gives the runspace up while its script still runs, and perhaps never ends.</summary>
    /// <returns>Whether there was something to give up.</returns>
    private bool Lose(Exception? why)
    {
        bool isTaken;
        lock (_gate)
        {
            if (_isLost)
            {
                return false;
            }

            _isLost = true;
            _takesMore = false;
            isTaken = _isTaken;
        }

        // The state of the run that it has keeps a script that runs on from sending more.
        ScriptRun? run = _run;
        run?.End(false, why);
        if (isTaken)
        {
            _runner.Lose(this);
        }

        run?.Turn.Dispose();

        return true;
    }

    private void Take(ScriptRun run)
    {
        _isTaken = true;
        _run = run;
        run.Began = Environment.TickCount64;
        if (run.Left.CanBeCanceled)
        {
            // Not here and now, where the gate is held.
            run.Watch(
                state => ThreadPool.UnsafeQueueUserWorkItem(left => _ = StopAsync(left, null), (ScriptRun)state!, preferLocal: false),
                run.Left);
        }

        if (run.Limit != Timeout.InfiniteTimeSpan)
        {
            run.Deadline = run.Began + (long)run.Limit.TotalMilliseconds;
            Schedule(run.Deadline);
        }
    }

    /// <summary>One timer goes on from script to script, and finds out whether the one that runs is late.</summary>
    private void Schedule(long deadline)
    {
        if (deadline < _nextDeadline)
        {
            _nextDeadline = deadline;
            _deadlines.Change(Math.Max(0, deadline - Environment.TickCount64), Timeout.Infinite);
        }
    }

    private void OnDeadline()
    {
        ScriptRun? late;
        lock (_gate)
        {
            late = _run?.Limit == Timeout.InfiniteTimeSpan ? null : _run;
            _nextDeadline = long.MaxValue;
            if (late is null || _isLost || late.IsOver)
            {
                return;
            }

            if (late.Deadline > Environment.TickCount64)
            {
                Schedule(late.Deadline);
                return;
            }
        }

        _ = StopAsync(late, new TimeoutException($"It did not end within {TimeText.Seconds(late.Limit)}"));
    }

    private ScriptRun? WaitForRun()
    {
        lock (_gate)
        {
            while (_takesMore && _run is null)
            {
                if (!Monitor.Wait(_gate, s_idleTime) && _run is null)
                {
                    _takesMore = false;
                }
            }

            if (!_takesMore || _run is null)
            {
                return null;
            }

            _run.HasBegun = true;
            return _run;
        }
    }

    /// <summary>Takes the next script, or gives the runspace back; null if there is none yet, or this pipeline has to end.</summary>
    private ScriptRun? Continue(ScriptRun ended, bool isUsable)
    {
        lock (_gate)
        {
            if (_isLost)
            {
                return null;
            }

            _run = null;
            _takesMore &= isUsable;
            if (!_takesMore)
            {
                return null;
            }

            _isTaken = false;
        }

        bool goesOn = _runner.TryContinue(this, ended.Turn, out ScriptRun? next);
        if (goesOn && next is null)
        {
            return null;
        }

        ScriptRun? taken = null;
        bool isLost;
        lock (_gate)
        {
            isLost = _isLost;
            if (!isLost)
            {
                _takesMore &= goesOn;
                _isTaken = true;
                if (next is not null)
                {
                    Take(next);
                    next.HasBegun = _takesMore;
                }

                taken = _takesMore ? next : null;
            }
        }

        if (!isLost)
        {
            StopIfEnded();
            return taken;
        }

        // Somebody has closed the runspace just now.
        if (next is null)
        {
            _runner.Lose(this);
        }
        else
        {
            _runner.Replace(this, next);
        }

        return null;
    }
}
