namespace PSNetLab.Engine.Primitives;

/// <summary>Threads for name resolution, which blocks on Linux and macOS.</summary>
/// <remarks>
/// In the thread pool, which grows slowly, a few names that nobody answers for would hold up all others, and time limits would run out
/// before a name was asked for at all.
/// </remarks>
internal static class ResolverThreads
{
    internal const int MostThreads = 32;

    private const int StackBytes = 256 * 1024;

    private static readonly Queue<Action> s_waiting = new();
    private static int s_threads;

    /// <summary>Runs blocking work, unless it was cancelled before its turn came.</summary>
    internal static Task<T> Run<T>(Func<T> work, CancellationToken cancellationToken)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (s_waiting)
        {
            s_waiting.Enqueue(() => Complete(done, work, cancellationToken));
            if (s_threads < MostThreads)
            {
                s_threads++;
                new Thread(Serve, StackBytes) { IsBackground = true, Name = "PSNetLab names" }.Start();
            }
        }

        return done.Task.WaitAsync(cancellationToken);
    }

    private static void Serve()
    {
        while (Next() is { } work)
        {
            work();
        }
    }

    private static Action? Next()
    {
        lock (s_waiting)
        {
            if (s_waiting.TryDequeue(out Action? work))
            {
                return work;
            }

            s_threads--;
            return null;
        }
    }

    private static void Complete<T>(TaskCompletionSource<T> done, Func<T> work, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            done.SetCanceled(cancellationToken);
            return;
        }

        try
        {
            done.SetResult(work());
        }
        catch (Exception error)
        {
            done.SetException(error);
        }
    }
}
