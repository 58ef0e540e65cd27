using System.Diagnostics;
using System.Net;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Proxies;

/// <summary>The faults that hit one connection. What was decided about a fault stays so.</summary>
/// <param name="number">The number of the connection on its proxy, from 1.</param>
/// <param name="client">The address of the client.</param>
/// <param name="table">The faults of the proxy.</param>
internal sealed class ConnectionFaults(long number, IPAddress client, FaultTable table)
{
    private volatile ActiveFault[] _toServer = [];
    private volatile ActiveFault[] _toClient = [];
    private List<Decision> _decisions = [];
    private readonly HashSet<string> _hits = [];

    internal long Number => number;

    /// <summary>The names of those that have acted.</summary>
    internal string[] Hits
    {
        get
        {
            lock (_hits)
            {
                return [.. _hits];
            }
        }
    }

    /// <summary>Those of a direction. The array never changes: another takes its place.</summary>
    internal ActiveFault[] Of(NetFaultDirection direction) => direction == NetFaultDirection.ToServer ? _toServer : _toClient;

    /// <summary>Whether a script must be asked about a chunk.</summary>
    internal bool HasScripts(NetFaultDirection direction)
    {
        foreach (ActiveFault fault in Of(direction))
        {
            if (fault.Script is not null)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Asks the scripts of faults about a chunk, and returns the faults that act on it.</summary>
    internal async Task<ActiveFault[]> AskAsync(ProxyChunk chunk, CancellationToken left)
    {
        await LoopThread.Leave();
        long last = chunk.Offset + Math.Max(chunk.Length - 1, 0);
        List<ActiveFault> chosen = [];
        foreach (ActiveFault fault in Of(chunk.Direction))
        {
            if (fault.Script is { } script && fault.IsActive(last, Stopwatch.GetTimestamp()) && table.Scripts is { } scripts
                && await scripts.TestAsync(script, fault.Fault, chunk, left).ConfigureAwait(false))
            {
                chosen.Add(fault);
            }
        }

        return [.. chosen];
    }

    /// <summary>Decides about the faults that are new, and forgets those that are gone. Only under the lock of the table.</summary>
    internal void Update(NetFault[] faults, IFaulted connection)
    {
        List<Decision> decisions = [];
        foreach (NetFault fault in faults)
        {
            Decision? known = _decisions.Find(one => one.Fault.IsSame(fault));
            decisions.Add(known is null ? Decide(fault, connection) : known.With(fault));
        }

        _decisions = decisions;
        _toServer = Those(NetFaultDirection.ToServer, decision => decision.ToServer);
        _toClient = Those(NetFaultDirection.ToClient, decision => decision.ToClient);
    }

    private ActiveFault[] Those(NetFaultDirection direction, Func<Decision, ActiveFault?> active)
        => [.. _decisions.Where(one => one.Fault.Direction == NetFaultDirection.Both || one.Fault.Direction == direction)
            .Select(active).OfType<ActiveFault>()];

    private Decision Decide(NetFault fault, IFaulted connection)
    {
        if (fault.Kind == NetFaultKind.Refuse || fault.Filter?.IsAllowed(client) == false)
        {
            return new Decision(fault, null, null);
        }

        long turn = ++fault.Decided;
        bool isHit = turn <= (fault.First ?? long.MaxValue) && turn % (fault.Every ?? 1) == 0
            && (fault.Spec.Probability is not { } percent
                || Draws.For(table.Seed, fault.Name, number, NetFaultDirection.Both).Next(0) * 100 < percent);
        long now = Stopwatch.GetTimestamp();
        ActiveFault? Active(NetFaultDirection direction) => isHit
            ? new ActiveFault(
                fault,
                Draws.For(table.Seed, fault.Name, number, direction),
                connection.Offset(direction),
                now,
                hit => Note(hit, connection))
            : null;
        return new Decision(fault, Active(NetFaultDirection.ToServer), Active(NetFaultDirection.ToClient));
    }

    private void Note(ActiveFault hit, IFaulted connection)
    {
        bool isFirst;
        lock (_hits)
        {
            isFirst = _hits.Add(hit.Fault.Name);
        }

        if (isFirst)
        {
            hit.Fault.HitConnection();
            table.FirstHit?.Invoke(connection, hit.Fault);
        }
    }

    /// <summary>Whether a fault hits the connection: then there is one for each direction, also for the one it is not about now.</summary>
    private sealed record Decision(NetFault Fault, ActiveFault? ToServer, ActiveFault? ToClient)
    {
        internal Decision With(NetFault fault)
        {
            foreach (ActiveFault? active in new[] { ToServer, ToClient })
            {
                if (active is not null)
                {
                    active.Fault = fault;
                }
            }

            return this with { Fault = fault };
        }
    }
}
