using System.Diagnostics;

namespace PSNetLab.Engine.Checks;

/// <summary>How often a check is made, and how far apart.</summary>
internal sealed record Repetition
{
    // A name that was resolved longer ago than this, for an attempt before, is resolved anew.
    internal static readonly TimeSpan MostAge = TimeSpan.FromSeconds(1);

    internal int Count { get; init; } = 1;

    /// <summary>The time between the beginnings of two attempts.</summary>
    internal TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Has a place for each attempt under way, but for none that waits for its time; null where there is only one each.</summary>
    internal TryGate? Gate { get; init; }

    /// <summary>Makes the attempts, which get their numbers from 1.</summary>
    internal async ValueTask RunAsync(Func<int, ValueTask> attempt, CancellationToken cancellationToken)
    {
        for (int number = 1; number <= Count; number++)
        {
            if (Gate is not null)
            {
                await Gate.EnterAsync(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
            }

            long started = Stopwatch.GetTimestamp();
            try
            {
                await attempt(number).ConfigureAwait(false);
            }
            finally
            {
                Gate?.Leave();
            }

            TimeSpan pause = Interval - Stopwatch.GetElapsedTime(started);
            if (number < Count && pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
