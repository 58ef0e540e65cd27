using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Servers;

/// <summary>The open connections of a server, the sums over these and the closed ones, and how all are stopped.</summary>
internal sealed class ServedConnections
{
    private const long QuietGraceMilliseconds = 100;
    private static readonly TimeSpan s_round = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_longestRound = 5 * s_round;

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
    /// <param name="clock">What time it is; null for the clock of the machine.</param>
    internal async Task StopAsync(Task over, TimeProvider? clock = null)
    {
        clock ??= TimeProvider.System;
        Array.ForEach(ToArray(), connection => connection.BeginStop());
        TimeSpan waited = TimeSpan.Zero;
        TimeSpan heard = TimeSpan.Zero;
        bool wasLong = false;
        while (waited < StopGrace.Longest && !over.IsCompleted)
        {
            if ((waited - heard).TotalMilliseconds > QuietGraceMilliseconds && Array.TrueForAll(
                ToArray(), connection => connection.IdleMilliseconds > QuietGraceMilliseconds))
            {
                break;
            }

            long before = clock.GetTimestamp();
            await Task.WhenAny(over, Task.Delay(s_round, clock)).ConfigureAwait(false);

            // When the machine stands still meanwhile, so do the peers: it takes a part of the time from them, not all that is left.
            TimeSpan round = clock.GetElapsedTime(before);
            bool isLong = round > s_longestRound;
            waited += isLong ? s_longestRound : round;

            // Nobody can tell yet who was silent. On a machine that is always slow, it does tell.
            heard = isLong && !wasLong ? waited : heard;
            wasLong = isLong;
        }

        Abort();
    }
}
