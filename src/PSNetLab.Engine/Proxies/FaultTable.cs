using System.Diagnostics;
using System.Net;

namespace PSNetLab.Engine.Proxies;

/// <summary>A connection, or the datagrams of a client, that faults may hit.</summary>
internal interface IFaulted
{
    /// <summary>The faults that hit it. Set by <see cref="FaultTable.Enter"/>.</summary>
    ConnectionFaults Faults { get; set; }

    /// <summary>How many bytes have come in a direction.</summary>
    long Offset(NetFaultDirection direction);

    /// <summary>Called on any thread when <see cref="Faults"/> has changed.</summary>
    void OnFaultsChanged();
}

/// <summary>The faults of a proxy, which change while it runs, and the connections that they may hit.</summary>
/// <param name="seed">What random decisions depend on.</param>
/// <param name="isStream">Whether the proxy forwards streams; if not, datagrams.</param>
internal sealed class FaultTable(long seed, bool isStream)
{
    private static readonly NetFaultKind[] s_ofDatagrams = [NetFaultKind.Loss, NetFaultKind.Duplicate, NetFaultKind.Reorder];
    private static readonly NetFaultKind[] s_ofStreams =
        [NetFaultKind.Slice, NetFaultKind.Reset, NetFaultKind.Close, NetFaultKind.Refuse, NetFaultKind.HalfClose];

    private readonly object _gate = new();
    private readonly SortedDictionary<long, IFaulted> _open = [];
    private volatile NetFault[] _faults = [];
    private long _connections;

    internal long Seed => seed;

    /// <summary>The faults, in the order in which they came.</summary>
    internal IReadOnlyList<NetFault> Faults => _faults;

    /// <summary>Called after the faults have changed. What it throws gets to who has changed them.</summary>
    internal Action? Changed { get; set; }

    /// <summary>Runs the scripts of faults.</summary>
    internal IFaultScripts? Scripts { get; set; }

    /// <summary>Called when a fault acts on a connection for the first time, on a thread that serves sockets.</summary>
    internal Action<IFaulted, NetFault>? FirstHit { get; set; }

    /// <summary>Adds faults; each gets a name that no other has, and counts of its own.</summary>
    /// <returns>The faults as they are on this proxy.</returns>
    /// <exception cref="NetLabException">One is not possible here, or its name is taken.</exception>
    internal IReadOnlyList<NetFault> Add(IEnumerable<NetFault> faults)
    {
        List<NetFault> added = [];
        Change(known =>
        {
            List<NetFault> all = [.. known];
            foreach (NetFault fault in faults.Where(Fits))
            {
                NetFault one = fault.On(NewName(fault, all));
                one.Since = Stopwatch.GetTimestamp();
                all.Add(one);
                added.Add(one);
            }

            return all;
        });
        return added;
    }

    /// <summary>Removes faults, and returns how many.</summary>
    internal int Remove(Predicate<NetFault> condition)
    {
        int removed = 0;
        Change(known =>
        {
            List<NetFault> left = [.. known];
            removed = left.RemoveAll(condition);
            return left;
        });
        return removed;
    }

    /// <summary>Gives a fault other settings. It goes on counting, and stays with the connections it hits.</summary>
    /// <exception cref="NetLabException">They are not possible.</exception>
    internal NetFault Set(NetFault fault, NetFaultSpec spec)
    {
        NetFault changed = fault.With(spec);
        _ = Fits(changed);
        Change(known => [.. known.Select(one => one.IsSame(fault) ? changed : one)]);
        return changed;
    }

    /// <summary>Gives a new connection its number, and decides which faults hit it.</summary>
    internal void Enter(IFaulted connection, IPAddress client)
    {
        lock (_gate)
        {
            connection.Faults = new ConnectionFaults(++_connections, client, this);
            _open.Add(_connections, connection);
            connection.Faults.Update(_faults, connection);
        }
    }

    internal void Leave(IFaulted connection)
    {
        lock (_gate)
        {
            _open.Remove(connection.Faults.Number);
        }
    }

    /// <summary>Whether a fault is possible on this kind of proxy; false if it is a part of a profile that is left out here.</summary>
    private bool Fits(NetFault fault)
    {
        NetFaultKind[] others = isStream ? s_ofDatagrams : s_ofStreams;
        if (!others.Contains(fault.Kind))
        {
            return true;
        }

        if (fault.Profile is not null)
        {
            return false;
        }

        throw new NetLabException(FaultKind.InvalidParameters, isStream
            ? $"'{fault.Name}' is about datagrams: TCP keeps the order and sends again what was lost, so a client never sees it. Use "
                + "Start-UdpProxy; on TCP, such networks show as latency with jitter."
            : $"'{fault.Name}' is about connections, which UDP does not have. On UDP there are latency, bandwidth, stall, loss, "
                + "duplicates, reordering and corruption.") { Subject = fault.Name };
    }

    private static string NewName(NetFault fault, List<NetFault> all)
    {
        string name = fault.Name;
        bool IsTaken(string one) => all.Exists(known => known.Name.Equals(one, StringComparison.OrdinalIgnoreCase));
        if (fault.Spec.Name is not null && IsTaken(name))
        {
            throw new NetLabException(FaultKind.InvalidParameters, $"The proxy already has a fault named '{name}'. Choose another -Name, "
                + "or change that one with Set-NetFault.") { Subject = name };
        }

        for (int number = 2; IsTaken(name); number++)
        {
            name = $"{fault.Name}{number}";
        }

        return name;
    }

    private void Change(Func<NetFault[], IEnumerable<NetFault>> change)
    {
        IFaulted[] open;
        lock (_gate)
        {
            _faults = [.. change(_faults)];
            open = [.. _open.Values];
            foreach (IFaulted connection in open)
            {
                // The oldest first, because -First and -Every count.
                connection.Faults.Update(_faults, connection);
            }
        }

        // Not here: connections would go on working on the thread that changes the faults.
        ThreadPool.UnsafeQueueUserWorkItem(
            static changed => Array.ForEach(changed, connection => connection.OnFaultsChanged()), open, preferLocal: false);
        Changed?.Invoke();
    }
}
