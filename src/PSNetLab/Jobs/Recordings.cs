using System.Management.Automation;
using PSNetLab.Engine.Capture;

namespace PSNetLab.Jobs;

/// <summary>What is recorded in this process: by jobs and connections at work, and by the last of those that have ended.</summary>
internal static class Recordings
{
    /// <summary>How many are kept of what has ended.</summary>
    internal const int MostEnded = 16;

    // Also the lock. The oldest is first.
    private static readonly List<(Transcript Transcript, WeakReference? Source)> s_all = [];

    /// <summary>Those that are there, the oldest first.</summary>
    internal static Transcript[] All
    {
        get
        {
            lock (s_all)
            {
                Forget();
                return [.. s_all.Select(entry => entry.Transcript)];
            }
        }
    }

    /// <summary>Keeps a transcript while its source is at work, and for a while after.</summary>
    /// <param name="transcript">The transcript; null does nothing.</param>
    /// <param name="source">The job or connection; null for a cmdlet that sends and ends.</param>
    internal static void Add(Transcript? transcript, object? source = null)
    {
        if (transcript is null)
        {
            return;
        }

        lock (s_all)
        {
            s_all.Add((transcript, source is null ? null : new WeakReference(source)));
            Forget();
        }
    }

    /// <summary>Whether nothing more will be recorded of a job or connection.</summary>
    internal static bool HasEnded(object? source) => source switch
    {
        WeakReference weak => HasEnded(weak.Target),
        NetJob job => job.JobStateInfo.State is JobState.Completed or JobState.Failed or JobState.Stopped,
        TcpConnection connection => connection.Ended.IsCompleted,
        _ => true,
    };

    private static void Forget()
    {
        int excess = s_all.Count(entry => HasEnded(entry.Source)) - MostEnded;
        s_all.RemoveAll(entry => excess > 0 && HasEnded(entry.Source) && excess-- > 0);
    }
}
