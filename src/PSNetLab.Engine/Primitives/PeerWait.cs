namespace PSNetLab.Engine.Primitives;

/// <summary>
/// How a thread waits for a peer, which may take for ever. Most just wait. A thread that runs scripts lets others have its turn meanwhile.
/// </summary>
internal abstract class PeerWait
{
    /// <summary>A wait that is shorter is no reason to let others have the turn.</summary>
    internal const int PatienceMilliseconds = 20;

    [ThreadStatic]
    private static PeerWait? t_current;

    /// <summary>That of this thread; null on a thread that just waits.</summary>
    internal static PeerWait? Current => t_current;

    /// <summary>Waits on this thread.</summary>
    /// <param name="task">What ends the wait. Its failure is thrown.</param>
    /// <param name="giveUp">Ends the connection, and so the wait, for a reason: there is no place for so many that wait.</param>
    internal static void For(Task task, Action<string> giveUp)
    {
        if (t_current is { } current && !task.IsCompleted)
        {
            current.Wait(task, giveUp);
        }

        task.GetAwaiter().GetResult();
    }

    /// <summary>Whether the thread works for this peer.</summary>
    internal abstract bool IsOf(object connection);

    /// <summary>
    /// Lets others have the turn of this thread, which waits for a peer, until the result is disposed of; null if there is no place for one
    /// more now.
    /// </summary>
    /// <param name="giveUp">As for <see cref="For"/>.</param>
    internal abstract IDisposable? TryStepAside(Action<string> giveUp);

    /// <summary>Waits for the task, however it ends.</summary>
    private protected abstract void Wait(Task task, Action<string> giveUp);

    /// <summary>From now on, this thread waits as this says; disposing of the result ends that.</summary>
    internal Entered Enter()
    {
        Entered entered = new(t_current);
        t_current = this;
        return entered;
    }

    /// <summary>What was before.</summary>
    internal readonly struct Entered(PeerWait? before) : IDisposable
    {
        public void Dispose() => t_current = before;
    }
}
