using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace PSNetLab.Engine.Tests;

/// <summary>Upper bounds for everything a test waits for.</summary>
internal static class Waiting
{
    // A loaded machine must not fail a test; only what hangs may.
    internal static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <remarks>
    /// The test goes on in a thread of the pool, whoever completed the task: on an event loop it would hold up all others, and itself.
    /// </remarks>
    internal static async Task Soon(this Task task)
    {
        try
        {
            await task.WaitAsync(Limit).ConfigureAwait(false);
        }
        finally
        {
            // Only of a task that has ended, this does not continue where that was.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }
    }

    /// <inheritdoc cref="Soon(Task)"/>
    internal static async Task<T> Soon<T>(this Task<T> task)
    {
        await ((Task)task).Soon();
        return await task;
    }

    internal static Task Soon(this ValueTask task) => task.AsTask().Soon();

    internal static Task<T> Soon<T>(this ValueTask<T> task) => task.AsTask().Soon();

    /// <summary>
    /// For what has to happen before a real time limit, which is short so that the test is. A machine that stood still meanwhile is given
    /// longer; only what fails with any limit fails the test.
    /// </summary>
    internal static async Task Patiently(this TimeSpan limit, Func<TimeSpan, Task> attempt)
    {
        for (; limit < Limit / 12; limit *= 5)
        {
            if (await Record.ExceptionAsync(() => attempt(limit)) is null)
            {
                return;
            }
        }

        await attempt(limit);
    }

    /// <summary>For what somebody else may disturb now and then, but not every time.</summary>
    internal static async Task OneOf(int attempts, Func<Task> attempt)
    {
        while (--attempts > 0)
        {
            if (await Record.ExceptionAsync(attempt) is null)
            {
                return;
            }
        }

        await attempt();
    }

    /// <summary>
    /// For what the other side has to do within a limit that cannot be changed. A failure counts if it came before the limit was over.
    /// </summary>
    internal static async Task Within(TimeSpan limit, Func<Task> attempt)
    {
        for (int i = 1; ; i++)
        {
            long start = Stopwatch.GetTimestamp();
            Exception? failure = await Record.ExceptionAsync(attempt);
            if (failure is null)
            {
                return;
            }

            if (i == 5 || Stopwatch.GetElapsedTime(start) < limit)
            {
                ExceptionDispatchInfo.Throw(failure);
            }
        }
    }

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
