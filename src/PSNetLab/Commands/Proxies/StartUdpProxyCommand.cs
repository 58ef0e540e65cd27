using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using PSNetLab.Binding;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Proxies;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Starts a UDP proxy as a background job.</summary>
[Cmdlet(VerbsLifecycle.Start, "UdpProxy", SupportsShouldProcess = true)]
[OutputType(typeof(UdpProxyJob))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class StartUdpProxyCommand : StartServerCmdlet
{
    /// <summary>The server behind the proxy: host:port, or a UDP server of this module.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [UpstreamTransformation(ProtocolType.Udp)]
    [ArgumentCompleter(typeof(UpstreamCompleter<UdpServerJob>))]
    public string? Upstream { get; set; }

    /// <inheritdoc/>
    /// <remarks>A server that comes by the pipeline has a Port as well, and it is not this one.</remarks>
    [Parameter(Position = 1)]
    [ValidateRange(0, 65535)]
    [NoFiles]
    public override int Port { get; set; }

    /// <summary>What goes wrong: objects of New-NetFault, or tables with its parameters as keys. Default: nothing.</summary>
    [Parameter]
    [NoFiles]
    public object[]? Fault { get; set; }

    /// <summary>The faults of a known network. Default: none.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NetProfileCompleter))]
    public string? Profile { get; set; }

    /// <summary>What random decisions depend on: the same seed gives the same faults. Default: a random one, which the job shows.</summary>
    [Parameter]
    [NoFiles]
    public long? Seed { get; set; }

    /// <summary>Forgets a client from and to whom nothing came for this many seconds. Default: 60.</summary>
    [Parameter]
    [ValidateRange(0.01, MostSeconds)]
    [NoFiles]
    public double SessionTimeoutSec { get; set; } = UdpProxyOptions.DefaultSessionTimeoutSeconds;

    /// <summary>The maximum number of clients at a time; datagrams of others are dropped and counted in Refused. Default: 1024.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [NoFiles]
    public int MaxSessions { get; set; } = UdpProxyOptions.DefaultMaxSessions;

    /// <summary>
    /// How many bytes one direction of a session may hold for its faults; datagrams beyond that are dropped and counted in Overflowed.
    /// A datagram counts as 64 bytes more than it has. Default: 4194304.
    /// </summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [NoFiles]
    public override int BufferLimit { get; set; } = TcpProxyOptions.DefaultBufferLimit;

    private protected override string Action => $"Forward datagrams to {Upstream}";

    private protected override ServerJob Bind(IPEndPoint endPoint)
    {
        HostPort upstream = UpstreamTransformationAttribute.Parse(Upstream!);
        IPAddress[] addresses = Await(NameResolver.ResolveAsync(upstream.Host, AddressFamily.Unspecified, StopToken));

        // Nobody says which of them answers, so the one that is most like the own address.
        IPAddress address = Array.Find(addresses, one => one.AddressFamily == endPoint.AddressFamily) ?? addresses[0];
        ProxyLoop.Check(upstream, [address], endPoint);
        UdpProxyOptions options = new()
        {
            Binding = new UdpBinding { EndPoint = endPoint },
            Upstream = new IPEndPoint(address, upstream.Port),
            SessionTimeout = TimeSpan.FromSeconds(SessionTimeoutSec),
            MaxSessions = MaxSessions,
            BufferLimit = BufferLimit,
            Filter = CreateFilter(),
            Transcript = NewTranscript(),
            Faults = ProxyFaults.New(Fault, Profile, Seed, isStream: false, this),
        };
        return new UdpProxyJob(CommandLine, Name, ProxyRecords.Of(NoRecord), upstream.ToString(), options, new FaultScripts(this));
    }
}
