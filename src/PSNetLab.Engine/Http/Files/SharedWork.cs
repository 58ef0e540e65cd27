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

    private sealed class Work(Func<Func<bool>, TResult> make)
    {
        internal readonly Func<Func<bool>, TResult> Make = make;

        /// <summary>Who waits for it, as what tells whether they have gone.</summary>
        internal readonly List<Func<bool>> Askers = [];

        internal readonly TaskCompletionSource<TResult> Done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        internal bool HasBegun;
        internal Work? Next;
    }

    /// <summary>Does some work, or waits for whoever does the same.</summary>
    /// <param name="key">What tells it from other work.</param>
    /// <param name="make">The work. What it gets tells, from time to time, whether somebody still waits for it.</param>
    /// <param name="afresh">Whether the work must begin after this call, because what it reads may have changed since it began.</param>
    /// <param name="hasLeft">Tells whether whoever asks has gone; null for one who does not.</param>
    /// <returns>Null if there is too much to do.</returns>
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
