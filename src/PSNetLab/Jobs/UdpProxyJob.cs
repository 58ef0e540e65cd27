using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Capture;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Proxies;

namespace PSNetLab.Jobs;

/// <summary>The job behind Start-UdpProxy. Its output is a record of each session that has ended.</summary>
public sealed class UdpProxyJob : ServerJob, IProxyJob
{
    private readonly UdpProxyOptions _options;
    private readonly UdpProxy _proxy;
    private readonly FaultScripts _scripts;

    internal UdpProxyJob(
        string command, string? name, RecordOptions records, string upstream, UdpProxyOptions options, FaultScripts scripts)
        : base(command, name, "UdpProxy", records)
    {
        Upstream = upstream;
        _options = options with
        {
            Opened = session => Inform("Opened", $"Session {session.Number} with {session.Client} opened"),
            Closed = OnClosed,
            OnFault = (fault, target) => Write(Errors.Record(fault, target)),
        };
        _options.Faults.Scripts = _scripts = scripts;
        scripts.Job = this;
        _options.Faults.FirstHit = (faulted, fault) =>
        {
            ProxySession hit = ((UdpProxySession)faulted).Session;
            Inform("Fault", $"Session {hit.Number} with {hit.Client}: {fault}");
            ((UdpProxySession)faulted).Note(fault);
        };
        _proxy = UdpProxy.Bind(_options);
        try
        {
            ProxyLoop.Check(new HostPort(options.Upstream.Address.ToString(), options.Upstream.Port), Local);
        }
        catch
        {
            _proxy.Stop();
            throw;
        }
    }

    /// <summary>The server behind the proxy.</summary>
    public string Upstream { get; }

    /// <summary>What random decisions depend on: the same seed gives the same faults.</summary>
    public long Seed => _options.Faults.Seed;

    /// <summary>How often each fault has acted.</summary>
    public object FaultCounts => FileValue.With(Jobs.FaultCounts.Of(_options.Faults));

    /// <summary>The sessions at this moment. Each object is live.</summary>
    public TextList<ProxySession> Sessions => new(Array.ConvertAll(_proxy.Sessions, session => session.Session));

    /// <summary>The number of clients at this moment.</summary>
    public override int ConnectionCount => _proxy.SessionCount;

    /// <summary>Datagrams received from clients so far.</summary>
    public override long MessageCount => _proxy.Totals.FromClients;

    /// <summary>Bytes received from clients so far.</summary>
    public override long BytesReceived => _proxy.Totals.BytesFromClients;

    /// <summary>Bytes sent to clients so far.</summary>
    public override long BytesSent => _proxy.Totals.BytesToClients;

    /// <summary>Datagrams sent to the server so far.</summary>
    public long DatagramsToServer => _proxy.Totals.ToServer;

    /// <summary>Datagrams sent to clients so far.</summary>
    public long DatagramsToClient => _proxy.Totals.ToClients;

    /// <summary>Bytes sent to the server so far.</summary>
    public long BytesToServer => _proxy.Totals.BytesToServer;

    /// <summary>Bytes sent to clients so far.</summary>
    public long BytesToClient => _proxy.Totals.BytesToClients;

    /// <summary>Datagrams that were refused: of clients that are not allowed, and for lack of sessions.</summary>
    public override long Refused => _proxy.Refused;

    /// <summary>Datagrams that were dropped because faults held -BufferLimit bytes already; each counts 64 bytes more.</summary>
    public long Overflowed => _proxy.Totals.Overflowed;

    /// <summary>Datagrams that the system did not send.</summary>
    public long Unsent => _proxy.Totals.Unsent;

    /// <summary>Datagrams that waited for faults when their session ended, as all sessions do when the proxy is stopped.</summary>
    public long Discarded => _proxy.Totals.Discarded;

    /// <summary>How often the server's system said that nobody listens there (ICMP port unreachable).</summary>
    public long UpstreamUnreachable => _proxy.Totals.Unreachable;

    /// <summary>Datagrams the system dropped because they arrived faster than they were read; null if it does not report it.</summary>
    public long? KernelDrops => _proxy.KernelDrops;

    /// <inheritdoc/>
    public override string StatusMessage
    {
        get
        {
            UdpProxy.Sums totals = _proxy.Totals;
            return $"{ConnectionCount} sessions, {totals.ToServer} datagrams to {Upstream}, {totals.ToClients} back"
                + (KernelDrops > 0 ? $", {KernelDrops} lost in the system's buffers" : string.Empty)
                + (totals.Discarded > 0 ? $", {totals.Discarded} discarded at the end" : string.Empty)
                + (totals.Unreachable > 0 ? $", {totals.Unreachable} times nobody listened" : string.Empty) + Losses;
        }
    }

    FaultTable IProxyJob.Faults => _options.Faults;

    internal override IPEndPoint Local => _proxy.LocalEndPoint;

    internal override Transcript? Transcript => _options.Transcript;

    internal override Socket Socket => _proxy.Socket;

    internal override Totals Totals
    {
        get
        {
            UdpProxy.Sums totals = _proxy.Totals;
            return new(totals.BytesFromClients, totals.BytesToClients, totals.FromClients, totals.ToClients);
        }
    }

    private protected override Task WorkAsync()
    {
        _proxy.Run();
        return _proxy.Completion;
    }

    private protected override void BeginStop()
    {
        _proxy.Stop();
        _scripts.Stop();
    }

    private protected override void OnFinished() => _scripts.Dispose();

    private void OnClosed(ProxySession session)
    {
        Inform("Closed", $"Session {session.Number} with {session.Client} closed: {session.CloseReason}, {session.DatagramsToServer} "
            + $"datagrams to the server, {session.DatagramsToClient} to the client");
        if (Records.Keep)
        {
            TryRecord(session);
        }
    }
}
