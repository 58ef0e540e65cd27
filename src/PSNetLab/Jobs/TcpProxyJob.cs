using System.Management.Automation;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Proxies;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Jobs;

/// <summary>The job behind Start-TcpProxy. Its output is a record of each connection that has ended.</summary>
public sealed class TcpProxyJob : StreamServerJob, IProxyJob
{
    private readonly TcpProxyOptions _options;
    private readonly StreamServer _server;
    private readonly PortFaults _port;
    private readonly FaultScripts _scripts;
    private bool _hasUpstreamFailed;

    internal TcpProxyJob(string command, string? name, RecordOptions records, TcpProxyOptions options, FaultScripts scripts)
        : base(command, name, "TcpProxy", records)
    {
        _options = options with { UpstreamFailed = OnUpstreamFailed };
        _options.Faults.Scripts = _scripts = scripts;
        scripts.Job = this;
        _server = StreamServer.Bind(_options, new TcpProxyHandler(_options));
        try
        {
            ProxyLoop.Check(new HostPort(_options.Upstream.Host, _options.Upstream.Port), Local);
        }
        catch
        {
            _server.Stop();
            throw;
        }

        options.Faults.FirstHit = (connection, fault) =>
        {
            ProxyConnection hit = ((TcpProxySession)connection).Connection;
            Inform("Fault", $"Connection {hit.Number} from {hit.Client}: {fault}");
            ((TcpProxySession)connection).Note(fault);
        };
        _port = new PortFaults(options.Faults, _server, fault => Inform("Fault", $"Port {Local.Port} closed: {fault}"));
    }

    /// <summary>The server behind the proxy.</summary>
    public string Upstream => _options.Upstream.Target;

    /// <summary>What random decisions depend on: the same seed gives the same faults.</summary>
    public long Seed => _options.Faults.Seed;

    /// <summary>How often each fault has acted.</summary>
    public object FaultCounts => FileValue.With(Jobs.FaultCounts.Of(_options.Faults));

    /// <summary>The open connections at this moment. Each object is live.</summary>
    public TextList<ProxyConnection> Connections => new(Array.ConvertAll(_server.Connections, Of));

    /// <summary>Bytes sent to the server so far. BytesReceived counts those that clients have sent.</summary>
    public long BytesToServer => Totals.BytesPassedOn;

    /// <summary>Bytes sent to clients so far.</summary>
    public long BytesToClient => Totals.BytesSent;

    /// <inheritdoc/>
    public override string StatusMessage
    {
        get
        {
            Totals totals = Totals;
            return $"{ConnectionCount} open of {totals.MessagesReceived}, {totals.BytesPassedOn} bytes to {Upstream}, "
                + $"{totals.BytesSent} back{Losses}";
        }
    }

    FaultTable IProxyJob.Faults => _options.Faults;

    private protected override StreamServer Server => _server;

    private protected override void BeginStop()
    {
        base.BeginStop();
        _scripts.Stop();
    }

    private protected override void OnFinished()
    {
        _port.Dispose();
        _scripts.Dispose();
    }

    private protected override void OnOpened(IServedConnection connection)
        => Inform("Opened", $"Connection {Of(connection).Number} from {Of(connection).Client} opened");

    private protected override void OnClosed(IServedConnection connection)
    {
        ProxyConnection one = Of(connection);
        if (one.Upstream is not null)
        {
            _hasUpstreamFailed = false;
        }

        Inform("Closed", $"Connection {one.Number} from {one.Client} closed: {one.CloseReason}, {one.BytesToServer} bytes to the server, "
            + $"{one.BytesToClient} to the client");
        if (Records.Keep)
        {
            TryRecord(one);
        }
    }

    /// <summary>Warns of the first of several failures in a row.</summary>
    private void OnUpstreamFailed(ProxyConnection connection, NetLabException fault)
    {
        Inform("UpstreamFailed", $"Connection {connection.Number} from {connection.Client}: {fault.Message}");
        if (!_hasUpstreamFailed)
        {
            _hasUpstreamFailed = true;
            string fate = _options.WhenUpstreamFails switch
            {
                UpstreamFailure.Hold => "The client waits, and the server is tried again",
                UpstreamFailure.Close => "The client was closed",
                _ => "The client was reset",
            };
            Write(new WarningRecord($"{Name}: {fault.Message} {fate}; the proxy goes on."));
        }
    }

    private static ProxyConnection Of(IServedConnection connection) => ((TcpProxySession)connection).Connection;
}
