using System.Management.Automation;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Jobs;

/// <content>Says once that nothing begins any more, because scripts that have no time limit do not end.</content>
internal sealed partial class ScriptRunner
{
    private static readonly TimeSpan s_stall = TimeSpan.FromSeconds(10);

    // Guarded by the gate. It runs only while scripts wait, and goes on from one to the next: none has a time of its own.
    private Timer? _stalls;
    private bool _isWatching;

    // The one that was next when the timer was set. If it still is then, none has begun.
    private ScriptTurn? _wasNext;

    private ScriptTurn? Next => (_returning.First ?? _waiting.First)?.Value;

    /// <summary>Begins to look whether those that wait get their turn. The gate must be held.</summary>
    private void WatchForStall(ScriptRun run)
    {
        // Others end at their limit, and their failure says so.
        if (!_isWatching && run.Limit == Timeout.InfiniteTimeSpan && run.Job is not null)
        {
            _isWatching = true;
            _stalls ??= new Timer(static self => ((ScriptRunner)self!).OnStall(), this, Timeout.Infinite, Timeout.Infinite);
            SetStallTimer(s_stall);
        }
    }

    private void SetStallTimer(TimeSpan time)
    {
        _wasNext = Next;
        _stalls!.Change(time, Timeout.InfiniteTimeSpan);
    }

    private void OnStall()
    {
        ScriptRun? longest;
        int waiting;
        TimeSpan time;
        lock (_gate)
        {
            waiting = _waiting.Count + _returning.Count;
            longest = _running.First?.Value.Run;
            if (_stopped || waiting == 0 || longest?.Job is null)
            {
                _isWatching = false;
                _wasNext = null;
                return;
            }

            if (Next != _wasNext || longest.Began == 0)
            {
                SetStallTimer(s_stall);
                return;
            }

            // The first script of a runspace begins when PowerShell has opened it, which takes its time on a busy machine.
            time = TimeSpan.FromMilliseconds(Environment.TickCount64 - longest.Began);
            if (time < s_stall)
            {
                SetStallTimer(s_stall - time);
                return;
            }

            // Once is enough: it watches no more.
            _wasNext = null;
        }

        string others = waiting == 1 ? "1 other waits" : $"{waiting} others wait";
        string seconds = TimeText.Seconds(Math.Floor(time.TotalSeconds));
        string line = PeerText.Visible(Shortened($"{longest.Script}".Split('\n')[0].Trim(), MostOfLine));
        longest.Job.Write(new WarningRecord($"{longest.Job.Name}: A script block has run for {seconds} and has not ended, "
            + $"and {others} for a turn: {line}. At most {_throttleLimit} run at once. End the script, {_advice}or stop the job with "
            + "Stop-Job."));
    }
}
