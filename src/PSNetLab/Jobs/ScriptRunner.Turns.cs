using System.Diagnostics.CodeAnalysis;

namespace PSNetLab.Jobs;

/// <content>Whose turn it is, when more scripts are to run than may.</content>
internal sealed partial class ScriptRunner
{
    // Each has a runspace, which takes about 3 MB.
    private const int MostAside = 128;

    // If one more has to wait, the client that has taken nothing for so long, and longest, has to go.
    private const int PatienceSeconds = 5;

    private readonly object _gate = new();

    // Guarded by it. A turn is in one of these, or in none when its script is over, so none can be lost or counted twice.
    private readonly LinkedList<ScriptTurn> _waiting = new();
    private readonly LinkedList<ScriptTurn> _running = new();
    private readonly LinkedList<ScriptTurn> _aside = new();
    private readonly LinkedList<ScriptTurn> _returning = new();

    // The runspaces in which scripts run.
    private readonly HashSet<ScriptRunspace> _busy = [];

    /// <summary>How many scripts wait for a client, or for their turn after that. Others run meanwhile, and each has a runspace.</summary>
    internal int Aside => _aside.Count + _returning.Count;

    /// <summary>Says that a script is over. Another has its turn now.</summary>
    internal void End(ScriptTurn turn)
    {
        lock (_gate)
        {
            Move(turn, null);
        }

        Go();
    }

    /// <summary>Lets others run while a script waits for a client; false if too many wait already.</summary>
    internal bool TryStepAside(ScriptTurn turn, Action<string> giveUp)
    {
        Action<string>? endWait = null;
        lock (_gate)
        {
            if (turn.Place.List != _running)
            {
                return true; // It is over, and has no turn to give away.
            }

            long now = Environment.TickCount64;
            if (_aside.Count < MostAside)
            {
                turn.AsideSince = now;
                turn.EndWait = giveUp;
                Move(turn, _aside);
            }
            else if (_aside.FirstOrDefault(one => one.EndWait is not null) is { } longest
                && now - longest.AsideSince >= PatienceSeconds * 1000)
            {
                endWait = longest.EndWait;
                longest.EndWait = null;
            }
        }

        Go();
        endWait?.Invoke($"it has taken nothing of its answer for {PatienceSeconds} s, and another script has to wait for its client, as "
            + $"{MostAside} do already. Check why the client does not read, or answer with less.");
        return turn.Place.List != _running;
    }

    /// <summary>Says that a script wants its turn again.</summary>
    /// <returns>What to wait for; null if nothing.</returns>
    internal Task? StepBack(ScriptTurn turn)
    {
        Task? returned = null;
        lock (_gate)
        {
            turn.EndWait = null;
            if (turn.Place.List == _aside && !turn.Run.IsOver)
            {
                turn.Return = new(TaskCreationOptions.RunContinuationsAsynchronously);
                returned = turn.Return.Task;
                Move(turn, _returning);
            }
        }

        Go();
        return returned;
    }

    private static void Move(ScriptTurn turn, LinkedList<ScriptTurn>? list)
    {
        turn.Place.List?.Remove(turn.Place);
        list?.AddLast(turn.Place);
    }

    /// <summary>Gives the turns that are free to whoever waits for one. Those that had one before go first.</summary>
    private void Go()
    {
        while (TryNext(out ScriptTurn? next))
        {
            if (next.Return is null)
            {
                Begin(next.Run);
            }
            else
            {
                next.Return.TrySetResult();
            }
        }
    }

    private bool TryNext([NotNullWhen(true)] out ScriptTurn? next)
    {
        lock (_gate)
        {
            next = _running.Count < _throttleLimit ? (_returning.First ?? _waiting.First)?.Value : null;
            if (next is not null)
            {
                Move(next, _running);
            }

            return next is not null;
        }
    }

    private void Withdraw(ScriptRun run, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (run.Turn.Place.List != _waiting)
            {
                return; // It has begun.
            }

            Move(run.Turn, null);
        }

        run.Cancel(cancellationToken);
    }
}
