using System.Diagnostics.CodeAnalysis;

namespace PSNetLab.Engine.Http.Files;

/// <summary>Runs work that takes a lot of processor time: once for all who ask for it at the same time, and few works at a time.</summary>
/// <param name="most">The maximum number of works that run or wait.</param>
/// <param name="workers">The maximum number of works that run; half of the processors when left out.</param>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore without a wait handle holds no resource.")]
internal sealed class SharedWork<TKey, TResult>(int most, int? workers = null)
    where TKey : notnull
{
    private readonly SemaphoreSlim _workers = new(workers ?? Math.Max(1, Environment.ProcessorCount / 2));
    private readonly Dictionary<TKey, Work> _works = [];

    private sealed class Work(Func<Func<bool>, TResult> make)
    {
        internal readonly Func<Func<bool>, TResult> Make = make;

        /// <summary>One for each who waits: says whether they have left.</summary>
        internal readonly List<Func<bool>> Askers = [];

        internal readonly TaskCompletionSource<TResult> Done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        internal bool HasBegun;
        internal Work? Next;
    }

    /// <summary>Runs some work, or joins the same work if it is waiting or running already.</summary>
    /// <param name="key">Identifies the work.</param>
    /// <param name="make">The work. Its argument says whether somebody still waits for the result.</param>
    /// <param name="afresh">Whether work that has already begun is not good enough, because its input may have changed since.</param>
    /// <param name="hasLeft">Says whether the caller does not need the result any more; null for one who always does.</param>
    /// <returns>Null if too much work is waiting.</returns>
    internal Task<TResult>? DoAsync(TKey key, Func<Func<bool>, TResult> make, bool afresh, Func<bool>? hasLeft = null)
    {
        lock (_works)
        {
            bool isNew = !_works.TryGetValue(key, out Work? work);
            if (isNew)
            {
                if (_works.Count >= most)
                {
                    return null;
                }

                _works[key] = work = new Work(make);
            }
            else if (work!.HasBegun && afresh)
            {
                work = work.Next ??= new Work(make);
            }

            work.Askers.Add(hasLeft ?? (() => false));
            if (isNew)
            {
                Start(key, work);
            }

            return work.Done.Task;
        }
    }

    private bool IsWanted(Work work)
    {
        Func<bool>[] askers;
        lock (_works)
        {
            askers = [.. work.Askers];
        }

        return !Array.TrueForAll(askers, hasLeft => hasLeft());
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
            work.Done.SetResult(work.Make(() => IsWanted(work)));
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
