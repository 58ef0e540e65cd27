using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Servers;

/// <summary>The open connections of a server, the sums over these and the closed ones, and how all are stopped.</summary>
internal sealed class ServedConnections
{
    private const long QuietGraceMilliseconds = 100;

    // Also the lock.
    private readonly HashSet<IServedConnection> _open = [];
    private Totals _closed;

    internal int Count
    {
        get
        {
            lock (_open)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>Sums over all connections, open and closed.</summary>
    internal Totals Totals
    {
        get
        {
            lock (_open)
            {
                return _open.Aggregate(_closed, (sum, connection) => sum.Add(connection.Totals));
            }
        }
    }

    internal IServedConnection[] ToArray()
    {
        lock (_open)
        {
            return [.. _open];
        }
    }

    internal void Add(IServedConnection connection)
    {
        lock (_open)
        {
            _open.Add(connection);
        }
    }

    internal void Remove(IServedConnection connection)
    {
        lock (_open)
        {
            if (_open.Remove(connection))
            {
                _closed = _closed.Add(connection.Totals);
            }
        }
    }

    internal void Abort() => Array.ForEach(ToArray(), connection => connection.Abort());

    /// <summary>Gives them a second to end by themselves, except the silent ones, and then aborts them.</summary>
    /// <param name="over">Completes when there is nothing left to stop.</param>
    internal async Task StopAsync(Task over)
    {
        Array.ForEach(ToArray(), connection => connection.BeginStop());
        long stopped = Environment.TickCount64;
        for (long waited = 0; waited < StopGrace.Longest.TotalMilliseconds
            && !over.IsCompleted; waited = Environment.TickCount64 - stopped)
        {
            if (waited > QuietGraceMilliseconds && Array.TrueForAll(
                ToArray(), connection => connection.IdleMilliseconds > QuietGraceMilliseconds))
            {
                break;
            }

            await Task.WhenAny(over, Task.Delay(10)).ConfigureAwait(false);
        }

        Abort();
    }
}
