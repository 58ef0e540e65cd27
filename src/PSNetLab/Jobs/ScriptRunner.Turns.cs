namespace PSNetLab.Jobs;

/// <content>Whose turn it is, when more scripts are to run than may.</content>
internal sealed partial class ScriptRunner
{
    // Each has a runspace.
    private const int MostWaitingAside = 64;

    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(50);

    // All of the following is guarded by the first: who runs, who waits for a turn, and who for one that it gave away.
    private readonly LinkedList<ScriptRun> _waiting = new();
    private readonly HashSet<ScriptRunspace> _busy = [];
    private readonly Queue<ManualResetEventSlim> _returning = new();
    private int _running;
    private int _waitingAside;

    /// <summary>How many scripts wait for a client and let others run meanwhile.</summary>
    internal int WaitingAside => Volatile.Read(ref _waitingAside);

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
            StepBack();
        }
    }

    private void Withdraw(ScriptRun run, CancellationToken cancellationToken)
    {
        lock (_waiting)
        {
            if (run.Place is null)
            {
                return; // It has begun.
            }

            _waiting.Remove(run.Place);
            run.Place = null;
        }

        run.Cancel(cancellationToken);
    }

    private bool TryDequeue(out ScriptRun? run)
    {
        run = _waiting.First?.Value;
        if (run is not null)
        {
            _waiting.RemoveFirst();
            run.Place = null;
        }

        return run is not null;
    }

    /// <summary>Gives a turn that has ended to whoever waits for one.</summary>
    private void PassTurn()
    {
        ScriptRun? next = null;
        lock (_waiting)
        {
            if (_returning.TryDequeue(out ManualResetEventSlim? returning))
            {
                returning.Set();
            }
            else if (!TryDequeue(out next))
            {
                _running--;
            }
        }

        if (next is not null)
        {
            Begin(next);
        }
    }

    private bool TryStepAside()
    {
        if (Interlocked.Increment(ref _waitingAside) > MostWaitingAside)
        {
            Interlocked.Decrement(ref _waitingAside);
            return false;
        }

        PassTurn();
        return true;
    }

    private void StepBack()
    {
        Interlocked.Decrement(ref _waitingAside);
        using ManualResetEventSlim turn = new();
        lock (_waiting)
        {
            if (_running < _throttleLimit)
            {
                _running++;
                return;
            }

            _returning.Enqueue(turn);
        }

        turn.Wait();
    }
}
