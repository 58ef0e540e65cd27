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

/// <summary>Starts a TCP proxy as a background job.</summary>
[Cmdlet(VerbsLifecycle.Start, "TcpProxy", SupportsShouldProcess = true)]
[OutputType(typeof(TcpProxyJob))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class StartTcpProxyCommand : StartStreamServerCmdlet
{
    /// <summary>The server behind the proxy: host:port, or a TCP or web server of this module.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [UpstreamTransformation(ProtocolType.Tcp)]
    [ArgumentCompleter(typeof(UpstreamCompleter<StreamServerJob>))]
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

    /// <summary>What becomes of a client while the server does not accept its connection. Default: Reset.</summary>
    [Parameter]
    public UpstreamFailure WhenUpstreamFails { get; set; }

    /// <summary>How many seconds the server may take to accept a connection. Default: 10.</summary>
    [Parameter]
    [ValidateRange(0.001, SecondsPerDay)]
    [NoFiles]
    public double ConnectTimeoutSec { get; set; } = DialOptions.DefaultTimeout.TotalSeconds;

    /// <summary>Closes a connection on which nothing was sent or received for this many seconds. Default: 0, never.</summary>
    [Parameter]
    [ValidateRange(0, MostSeconds)]
    [NoFiles]
    public double IdleTimeoutSec { get; set; }

    /// <summary>
    /// How many bytes one direction of a connection may hold; then its sender is held back. Default: 4194304.
    /// </summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [NoFiles]
    public override int BufferLimit { get; set; } = TcpProxyOptions.DefaultBufferLimit;

    /// <summary>Uses TLS with the server behind the proxy.</summary>
    [Parameter]
    public SwitchParameter UpstreamTls { get; set; }

    /// <summary>
    /// The name the certificate of the server behind the proxy must be issued for, and that it is asked for (SNI). Default: the host of
    /// -Upstream. Implies -UpstreamTls.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public string? TargetHost { get; set; }

    /// <summary>
    /// The issuers to trust for the server behind the proxy: X509Certificate2 objects or paths of files. Default: those that the system
    /// trusts. Implies -UpstreamTls.
    /// </summary>
    [Parameter]
    [CertificateTransformation]
    public CertificateSource? UpstreamTrustedCertificate { get; set; }

    /// <summary>Accepts any certificate of the server behind the proxy. For tests only. Implies -UpstreamTls.</summary>
    [Parameter]
    public SwitchParameter SkipCertificateCheck { get; set; }

    private protected override string Action => $"Forward TCP connections to {Upstream}";

    private protected override string TrustAdvice
        => $"{base.TrustAdvice} For the certificate of the server behind the proxy, use -UpstreamTrustedCertificate.";

    private protected override bool HasCertificates => base.HasCertificates || UpstreamTrustedCertificate is not null;

    private bool UsesUpstreamTls
        => UpstreamTls || SkipCertificateCheck || TargetHost is not null || UpstreamTrustedCertificate is not null;

    private protected override ServerJob Bind(IPEndPoint endPoint)
    {
        HostPort upstream = UpstreamTransformationAttribute.Parse(Upstream!);
        CheckLoop(upstream, endPoint);
        string? password = PasswordTransformationAttribute.Reveal(CertificatePassword);
        TcpProxyOptions options = Complete(
            new TcpProxyOptions
            {
                WhenUpstreamFails = WhenUpstreamFails,
                IdleTimeout = TimeSpan.FromSeconds(IdleTimeoutSec),
                BufferLimit = BufferLimit,
                Faults = ProxyFaults.New(Fault, Profile, Seed, isStream: true, this),
                Upstream = new DialOptions
                {
                    Host = upstream.Host,
                    Port = upstream.Port,
                    Timeout = TimeSpan.FromSeconds(ConnectTimeoutSec),
                    NoDelay = true,
                    Tls = !UsesUpstreamTls ? null : new TlsClientOptions
                    {
                        TargetHost = TargetHost,
                        Trusted = UpstreamTrustedCertificate?.ReadTrusted(password, StopToken),
                        SkipCertificateCheck = SkipCertificateCheck,
                    },
                },
            },
            endPoint);
        return new TcpProxyJob(CommandLine, Name, ProxyRecords.Of(NoRecord), options, new FaultScripts(this));
    }

    /// <summary>Looks up the name of the server only if it has the port of the proxy.</summary>
    private void CheckLoop(HostPort upstream, IPEndPoint endPoint)
    {
        if (upstream.Port != endPoint.Port)
        {
            return;
        }

        // What is not known by then may be later. Each connection looks again.
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(StopToken);
        limit.CancelAfter(TimeSpan.FromSeconds(ConnectTimeoutSec));
        try
        {
            IPAddress[] addresses = Await(NameResolver.ResolveAsync(upstream.Host, AddressFamily.Unspecified, limit.Token));
            ProxyLoop.Check(upstream, addresses, endPoint);
        }
        catch (NetLabException fault) when (fault.Kind is FaultKind.HostNotFound or FaultKind.NameServerFailed)
        {
        }
        catch (OperationCanceledException) when (!StopToken.IsCancellationRequested)
        {
        }
    }
}
