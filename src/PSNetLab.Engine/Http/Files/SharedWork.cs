using System.Diagnostics.CodeAnalysis;

namespace PSNetLab.Engine.Http.Files;

/// <summary>Work that takes a processor a while: it is done once for all who want it at the same time, and little of it at a time.</summary>
/// <param name="most">The most works that are under way or wait.</param>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore without a wait handle holds no resource.")]
internal sealed class SharedWork<TKey, TResult>(int most)
    where TKey : notnull
{
    private readonly SemaphoreSlim _workers = new(Math.Max(1, Environment.ProcessorCount / 2));
    private readonly Dictionary<TKey, Work> _works = [];

    private sealed class Work(Func<TResult> make)
    {
        internal readonly Func<TResult> Make = make;
        internal readonly TaskCompletionSource<TResult> Done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        internal bool HasBegun;
        internal Work? Next;
    }

    /// <summary>Does some work, or waits for whoever does the same.</summary>
    /// <param name="key">What tells it from other work.</param>
    /// <param name="make">The work.</param>
    /// <param name="afresh">Whether the work must begin after this call, because what it reads may have changed since it began.</param>
    /// <returns>Null if there is too much to do.</returns>
    internal Task<TResult>? DoAsync(TKey key, Func<TResult> make, bool afresh)
    {
        Work? work;
        lock (_works)
        {
            if (_works.TryGetValue(key, out work))
            {
                return (work.HasBegun && afresh ? work.Next ??= new Work(make) : work).Done.Task;
            }

            if (_works.Count >= most)
            {
                return null;
            }

            _works[key] = work = new Work(make);
        }

        Start(key, work);
        return work.Done.Task;
    }

    private void Start(TKey key, Work work) => _ = Task.Run(() => RunAsync(key, work));

    private async Task RunAsync(TKey key, Work work)
    {
        await _workers.WaitAsync().ConfigureAwait(false);
        lock (_works)
        {
            work.HasBegun = true;
        }

        try
        {
            work.Done.SetResult(work.Make());
        }
        catch (Exception error)
        {
            work.Done.SetException(error);
        }

        _workers.Release();
        lock (_works)
        {
            if (work.Next is null)
            {
                _works.Remove(key);
                return;
            }

            _works[key] = work.Next;
        }

        Start(key, work.Next);
    }
}
