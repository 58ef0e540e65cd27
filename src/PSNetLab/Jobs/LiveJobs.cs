using System.Collections.Concurrent;
using System.Management.Automation.Runspaces;

namespace PSNetLab.Jobs;

/// <summary>The running jobs and open connections, each with the runspace that started it, which they must not outlive.</summary>
/// <remarks>PowerShell itself stops no jobs when a runspace closes or a module is removed.</remarks>
internal static class LiveJobs
{
    private static readonly TimeSpan s_longestClose = TimeSpan.FromSeconds(1.5);
    private static readonly ConcurrentDictionary<NetJob, Runspace> s_jobs = new();
    private static readonly ConcurrentDictionary<TcpConnection, Runspace> s_connections = new();
    private static readonly ConcurrentDictionary<Runspace, object?> s_owners = new();

    internal static IEnumerable<NetJob> Jobs => s_jobs.Keys;

    /// <summary>The open connections that Open-TcpConnection made in this process.</summary>
    internal static IEnumerable<TcpConnection> Connections => s_connections.Keys
        .Where(connection => connection.State != TcpConnectionState.Closed).OrderBy(connection => connection.Id);

    internal static void Add(NetJob job) => s_jobs[job] = Owner();

    internal static void Add(TcpConnection connection)
    {
        s_connections[connection] = Owner();

        // However it ends: what it received and recorded would stay in memory.
        _ = connection.Ended.ContinueWith(
            static (task, ended) => s_connections.TryRemove((TcpConnection)ended!, out _), connection, TaskScheduler.Default);
    }

    internal static void Remove(NetJob job) => s_jobs.TryRemove(job, out _);

    /// <summary>Stops everything that this runspace started. Other runspaces may have imported the module as well.</summary>
    internal static void StopOwn() => StopOwnedBy(Runspace.DefaultRunspace);

    private static Runspace Owner()
    {
        Runspace runspace = Runspace.DefaultRunspace;
        if (s_owners.TryAdd(runspace, null))
        {
            runspace.StateChanged += OnStateChanged;
        }

        return runspace;
    }

    private static void OnStateChanged(object? sender, RunspaceStateEventArgs change)
    {
        if (sender is Runspace runspace
            && change.RunspaceStateInfo.State is RunspaceState.Closing or RunspaceState.Closed or RunspaceState.Broken)
        {
            s_owners.TryRemove(runspace, out _);
            runspace.StateChanged -= OnStateChanged;
            StopOwnedBy(runspace);
        }
    }

    private static void StopOwnedBy(Runspace runspace)
    {
        // Connections first: servers need not wait for our own clients.
        List<Task> closing = [];
        foreach ((TcpConnection connection, _) in s_connections.Where(entry => entry.Value == runspace))
        {
            connection.Dispose();
            closing.Add(connection.Ended);
            s_connections.TryRemove(connection, out _);
        }

        NetJob.StopAll(s_jobs.Where(entry => entry.Value == runspace).Select(entry => entry.Key));

        // If the process ended before them, data still on its way would be lost.
        Task.WaitAll([.. closing], s_longestClose);
    }
}
