using System.Management.Automation;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Jobs;

/// <summary>
/// The right of one script to run, of which its runner has so many. It has it, waits for it, has lent it to others while it waits for a
/// client, or is done with it for good; disposing of it is the last of these, at any time and however often.
/// </summary>
internal sealed class ScriptTurn : PeerWait, IDisposable
{
    private static readonly TimeSpan s_betweenTries = TimeSpan.FromMilliseconds(100);

    private readonly ScriptRunner _runner;

    internal ScriptTurn(ScriptRunner runner, ScriptRun run)
    {
        _runner = runner;
        Run = run;
        Place = new LinkedListNode<ScriptTurn>(this);
    }

    internal ScriptRun Run { get; }

    /// <summary>Its place in a list of the runner, which says what it does. Guarded by the runner, like all that follows.</summary>
    internal LinkedListNode<ScriptTurn> Place { get; }

    /// <summary>Since when it has waited for a client, as <see cref="Environment.TickCount64"/>.</summary>
    internal long AsideSince { get; set; }

    /// <summary>Ends the wait for a client, and the connection with it; null if that was done.</summary>
    internal Action<string>? EndWait { get; set; }

    /// <summary>Completes when it has the turn again.</summary>
    internal TaskCompletionSource? Return { get; set; }

    /// <inheritdoc/>
    public void Dispose() => _runner.End(this);

    /// <inheritdoc/>
    internal override bool IsOf(object connection)
        => Array.Exists(Run.Variables, variable => ReferenceEquals(variable.Value, connection));

    /// <inheritdoc/>
    internal override IDisposable? TryStepAside(Action<string> giveUp) => _runner.TryStepAside(this, giveUp) ? new Lent(this) : null;

    /// <inheritdoc/>
    private protected override void Wait(Task task, Action<string> giveUp)
    {
        if (!IsOver(task, TimeSpan.FromMilliseconds(PatienceMilliseconds)))
        {
            IDisposable? lent = TryStepAside(giveUp);
            while (lent is null && !IsOver(task, s_betweenTries))
            {
                lent = TryStepAside(giveUp);
            }

            using (lent)
            {
                IsOver(task, Timeout.InfiniteTimeSpan);
            }
        }

        if (!task.IsCompleted)
        {
            throw new PipelineStoppedException(); // Nobody needs the script any more.
        }
    }

    private bool IsOver(Task task, TimeSpan limit) => Task.WaitAny([task, Run.Ended], limit) >= 0;

    /// <summary>Waits until it has its turn again, or needs none.</summary>
    private void StepBack()
    {
        if (_runner.StepBack(this) is { } returning)
        {
            Task.WaitAny(returning, Run.Ended);
        }
    }

    private sealed class Lent(ScriptTurn turn) : IDisposable
    {
        public void Dispose() => turn.StepBack();
    }
}
