namespace PSNetLab.Engine.Primitives;

/// <summary>Threads for name resolution, which blocks on Linux and macOS.</summary>
/// <remarks>
/// In the thread pool, which grows slowly, a few names that nobody answers for would hold up all others, and time limits would run out
/// before a name was asked for at all.
/// </remarks>
/// <param name="most">The maximum number of threads.</param>
internal sealed class ResolverThreads(int most)
{
    private const int StackBytes = 256 * 1024;

    private readonly Queue<Action> _waiting = new();
    private int _threads;

    /// <summary>Those of this process.</summary>
    internal static ResolverThreads Shared { get; } = new(32);

    /// <summary>Runs blocking work, unless it was cancelled before its turn came.</summary>
    internal Task<T> Run<T>(Func<T> work, CancellationToken cancellationToken)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_waiting)
        {
            _waiting.Enqueue(() => Complete(done, work, cancellationToken));
            if (_threads < most)
            {
                _threads++;
                new Thread(Serve, StackBytes) { IsBackground = true, Name = "PSNetLab names" }.Start();
            }
        }

        return done.Task.WaitAsync(cancellationToken);
    }

    private void Serve()
    {
        while (Next() is { } work)
        {
            work();
        }
    }

    private Action? Next()
    {
        lock (_waiting)
        {
            if (_waiting.TryDequeue(out Action? work))
            {
                return work;
            }

            _threads--;
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
