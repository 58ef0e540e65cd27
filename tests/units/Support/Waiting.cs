namespace PSNetLab.Engine.Tests;

/// <summary>Upper bounds for everything a test waits for.</summary>
internal static class Waiting
{
    // A loaded machine must not fail a test; only what hangs may.
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <remarks>The test goes on in a thread of its own, whoever completed the task.</remarks>
    internal static async Task Soon(this Task task) => await task.WaitAsync(Limit).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);

    /// <inheritdoc cref="Soon(Task)"/>
    internal static async Task<T> Soon<T>(this Task<T> task)
    {
        await ((Task)task).Soon();
        return await task;
    }

    internal static Task Soon(this ValueTask task) => task.AsTask().Soon();

    internal static Task<T> Soon<T>(this ValueTask<T> task) => task.AsTask().Soon();

    /// <summary>For what no event announces.</summary>
    /// <param name="condition">The condition to wait for.</param>
    /// <param name="tries">How often to look at once: what others are about to do is done sooner than a timer fires.</param>
    internal static async Task Until(Func<bool> condition, int tries = 20)
    {
        for (int i = 0; i < tries; i++)
        {
            if (condition())
            {
                return;
            }

            await Task.Yield();
        }

        using CancellationTokenSource limit = new(Limit);
        while (!condition())
        {
            await Task.Delay(1, limit.Token);
        }
    }
}
