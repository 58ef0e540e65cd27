using System.Diagnostics;
using System.Management.Automation;
using PSNetLab.Engine.Messages;

namespace PSNetLab.Commands;

/// <summary>
/// The replies that arrive while a cmdlet sends and afterwards. The pipeline thread writes them whenever it would
/// otherwise just wait.
/// </summary>
/// <remarks>
/// Only waiting counts against a time limit. The time that the rest of the pipeline takes for a reply is not the peer's fault.
/// </remarks>
/// <param name="cmdlet">The cmdlet that writes them.</param>
/// <param name="source">Where they come from.</param>
/// <param name="count">How many to write; 0 for all.</param>
/// <param name="stopping">Cancelled when the pipeline is being stopped.</param>
internal sealed class IncomingReplies(NetCmdlet cmdlet, IMessageSource<object> source, int count, CancellationToken stopping)
{
    /// <summary>How many were written.</summary>
    internal int Written { get; private set; }

    /// <summary>Whether the requested number was written.</summary>
    private bool IsComplete => count > 0 && Written >= count;

    /// <summary>Whether there will be no more replies to write.</summary>
    private bool IsOver => IsComplete || source.IsDrained;

    /// <summary>Writes the replies that are there.</summary>
    internal void WriteAvailable()
    {
        while (!IsComplete && source.TryTake() is { } reply)
        {
            Written++;
            cmdlet.WriteIncoming(reply);
        }
    }

    /// <summary>Writes replies until a task is done, however it ends; false if the time runs out first.</summary>
    internal bool WriteWhile(Task task, TimeSpan timeout)
    {
        TimeSpan waited = TimeSpan.Zero;
        while (!task.IsCompleted)
        {
            WriteAvailable();
            if (IsTimeOver(timeout, waited, out int left))
            {
                return false;
            }

            Task[] tasks = IsOver ? [task] : [task, source.WaitForDataAsync(CancellationToken.None)];
            waited += Wait(slice => Task.WaitAny(tasks, slice, stopping) >= 0, left);
        }

        return true;
    }

    /// <summary>Writes replies until all have arrived or no more will; false if the time runs out first.</summary>
    internal bool WriteRest(TimeSpan timeout)
    {
        TimeSpan waited = TimeSpan.Zero;
        while (true)
        {
            WriteAvailable();
            if (IsOver)
            {
                return true;
            }

            if (IsTimeOver(timeout, waited, out int left))
            {
                return false;
            }

            waited += Wait(slice => source.WaitForData(slice, stopping), left);
        }
    }

    /// <summary>Warns about replies lost because they arrived faster than the pipeline read them.</summary>
    internal void WarnOfLosses()
    {
        if (source.Dropped > 0)
        {
            cmdlet.WriteWarning($"{source.Dropped} answers arrived faster than they were read, and were lost. "
                + "Do less work per answer, or send more slowly (-IntervalMs).");
        }
    }

    private static bool IsTimeOver(TimeSpan timeout, TimeSpan spent, out int millisecondsLeft)
    {
        bool isEndless = timeout == Timeout.InfiniteTimeSpan;
        millisecondsLeft = isEndless ? Timeout.Infinite : (int)Math.Ceiling((timeout - spent).TotalMilliseconds);
        return !isEndless && millisecondsLeft <= 0;
    }

    /// <summary>Waits, and returns how long that took.</summary>
    private TimeSpan Wait(Func<int, bool> wait, int milliseconds)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            cmdlet.WaitAndWarn(wait, milliseconds);
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }

        return Stopwatch.GetElapsedTime(start);
    }
}
