namespace PSNetLab.Engine.IO;

/// <summary>Tries the addresses of a name until one is good.</summary>
internal static class AddressRace
{
    // The next address is tried after this time, or as soon as an attempt has failed (RFC 8305, section 5).
    private static readonly TimeSpan s_stagger = TimeSpan.FromMilliseconds(250);

    /// <summary>Makes attempts in their order, and ends those under way when one has won.</summary>
    /// <param name="count">How many attempts there are.</param>
    /// <param name="start">Begins an attempt, which the token ends; null if there is no time for it and those after it.</param>
    /// <param name="hasWon">Whether the outcome of an attempt is good.</param>
    /// <param name="cancellationToken">Ends the pause between two attempts, and all attempts.</param>
    /// <returns>
    /// The outcomes in the order in which the attempts ended; only the last can be good. And the attempts that were still under way, which
    /// have been told to end.
    /// </returns>
    internal static async Task<(List<T> Ended, List<Task<T>> Late)> RunAsync<T>(
        int count, Func<int, CancellationToken, Task<T>?> start, Func<T, bool> hasWon, CancellationToken cancellationToken)
    {
        using CancellationTokenSource lost = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task<T>> underWay = [];
        List<T> ended = [];
        int next = 0;
        try
        {
            while (true)
            {
                if (next < count)
                {
                    Task<T>? begun = start(next, lost.Token);
                    next = begun is null ? count : next + 1;
                    underWay.AddRange(begun is null ? [] : [begun]);
                }

                if (underWay.Count == 0)
                {
                    return (ended, underWay);
                }

                Task<Task<T>> any = Task.WhenAny(underWay);
                if (next < count)
                {
                    await Task.WhenAny(any, Task.Delay(s_stagger, cancellationToken)).ConfigureAwait(false);
                    if (!any.IsCompleted)
                    {
                        continue;
                    }
                }

                Task<T> first = await any.ConfigureAwait(false);
                underWay.Remove(first);
                ended.Add(await first.ConfigureAwait(false));
                if (hasWon(ended[^1]))
                {
                    return (ended, underWay);
                }
            }
        }
        finally
        {
            await lost.CancelAsync().ConfigureAwait(false);
        }
    }
}
