using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Net;
using System.Security;
using System.Text.RegularExpressions;
using PSNetLab.Binding;
using PSNetLab.Conversion;
using PSNetLab.Engine.Capture.Files;
using PSNetLab.Engine.Capture.Replay;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Plays one side of a recorded conversation again, to a real server or client, and compares what it sends.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "NetReplay", SupportsShouldProcess = true, DefaultParameterSetName = ClientSet)]
[OutputType(typeof(NetReplayResult), ParameterSetName = [ClientSet])]
[OutputType(typeof(NetReplayJob), ParameterSetName = [ServerSet])]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class InvokeNetReplayCommand : NetCmdlet
{
    private const string ClientSet = "Client";
    private const string ServerSet = "Server";

    private readonly List<NetTranscriptEvent> _events = [];

    /// <summary>The name or address of the server to play the client to, or host:port.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ClientSet)]
    [Alias("HostName", "IPAddress")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ComputerNameCompleter))]
    public string ComputerName { get; set; } = string.Empty;

    /// <summary>
    /// The port of the server, 1 to 65535, unless -ComputerName has it. With -AsServer, the port to listen on. Default: 0, a free one.
    /// </summary>
    [Parameter(Position = 1, ParameterSetName = ClientSet)]
    [Parameter(ParameterSetName = ServerSet)]
    [ValidateRange(0, 65535)]
    [ArgumentCompleter(typeof(ServerPortCompleter<StreamServerJob>))]
    public int Port { get; set; }

    /// <summary>Plays the server, to the next client that connects: returns a job, whose output is the result.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ServerSet)]
    public SwitchParameter AsServer { get; set; }

    /// <summary>The local address to listen on. Default: Loopback (127.0.0.1).</summary>
    [Parameter(ParameterSetName = ServerSet)]
    [AddressTransformation(IsToListen = true)]
    [ArgumentCompleter(typeof(LocalAddressCompleter))]
    public IPAddress Address { get; set; } = IPAddress.Loopback;

    /// <summary>The name of the job. Default: JobN.</summary>
    [Parameter(ParameterSetName = ServerSet)]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public string? Name { get; set; }

    /// <summary>
    /// What to play: events of Get-NetTranscript or Import-NetTranscript, or the path of a file that Import-NetTranscript reads.
    /// </summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [AllowEmptyCollection]
    public object[] Transcript { get; set; } = [];

    /// <summary>The number of the conversation to play. Default: the only one.</summary>
    [Parameter]
    [NoFiles]
    public int? ConnectionId { get; set; }

    /// <summary>
    /// When to send: Peer waits until as much has come from the other side as was recorded before, Original keeps the recorded times,
    /// Fast waits for nothing. Default: Peer.
    /// </summary>
    [Parameter]
    public NetReplayTiming Timing { get; set; } = NetReplayTiming.Peer;

    /// <summary>How many times faster than recorded, with -Timing Original. Default: 1.</summary>
    [Parameter]
    [ValidateRange(0.001, 1_000_000)]
    [NoFiles]
    public double Speed { get; set; } = 1;

    /// <summary>Compares what the other side sends with what was recorded. Default: off.</summary>
    [Parameter]
    public SwitchParameter Compare { get; set; }

    /// <summary>
    /// What may differ, such as a date: regular expressions, on text in which each byte is one character. Implies -Compare.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public Regex[] Ignore { get; set; } = [];

    /// <summary>How many seconds to connect, and to wait for the other side while it sends nothing. Default: 10.</summary>
    [Parameter]
    [ValidateRange(0.001, SecondsPerDay)]
    [NoFiles]
    public double TimeoutSec { get; set; } = ReplayOptions.DefaultPatience.TotalSeconds;

    /// <summary>Uses TLS. Default: off, even if it was recorded with TLS.</summary>
    [Parameter]
    public SwitchParameter Tls { get; set; }

    /// <summary>The name that the certificate of the server must be issued for. Default: -ComputerName. Implies -Tls.</summary>
    [Parameter(ParameterSetName = ClientSet)]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public string? TargetHost { get; set; }

    /// <summary>The issuers to trust instead of those that the system trusts. Implies -Tls.</summary>
    [Parameter(ParameterSetName = ClientSet)]
    [CertificateTransformation]
    public CertificateSource? TrustedCertificate { get; set; }

    /// <summary>Accepts any certificate. For tests only. Implies -Tls.</summary>
    [Parameter(ParameterSetName = ClientSet)]
    public SwitchParameter SkipCertificateCheck { get; set; }

    /// <summary>The certificate to present, with its private key. Default: a self-signed one for localhost. Implies -Tls.</summary>
    [Parameter(ParameterSetName = ServerSet)]
    [CertificateTransformation]
    public CertificateSource? Certificate { get; set; }

    /// <summary>The password of a certificate file or its private key.</summary>
    [Parameter]
    [PasswordTransformation]
    [NoFiles]
    public SecureString? CertificatePassword { get; set; }

    private string? Password => PasswordTransformationAttribute.Reveal(CertificatePassword);

    private ReplayOptions Options => new()
    {
        Timing = Timing,
        Speed = Speed,
        Compares = Compare || Ignore.Length > 0,
        Patience = TimeSpan.FromSeconds(TimeoutSec),
    };

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (object item in Transcript)
        {
            switch (item is PSObject wrapped ? wrapped.BaseObject : item)
            {
                case NetTranscriptEvent one:
                    _events.Add(one);
                    break;
                case FileInfo file:
                    Read(file.FullName);
                    break;
                case string path:
                    Read(GetUnresolvedProviderPathFromPSPath(path));
                    break;
                default:
                    if (TranscriptInput.Read(PSObject.AsPSObject(item)) is not { } copy)
                    {
                        Fail(
                            new NetLabException(
                                FaultKind.InvalidParameters,
                                "-Transcript takes events of Get-NetTranscript or Import-NetTranscript, or the path of a file."),
                            item);
                        return;
                    }

                    _events.Add(copy);
                    break;
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        string target = AsServer ? new IPEndPoint(Address, Port).ToString() : ComputerName;
        try
        {
            if (Timing != NetReplayTiming.Original && MyInvocation.BoundParameters.ContainsKey(nameof(Speed)))
            {
                throw new NetLabException(
                    FaultKind.InvalidParameters,
                    $"-Speed is for recorded times, and -Timing {Timing} has none. Add -Timing Original, or leave -Speed out.");
            }

            ReplayScript script = ReplayScript.Of(
                _events, ConnectionId, AsServer ? NetTranscriptDirection.ToClient : NetTranscriptDirection.ToServer);
            if (AsServer)
            {
                StartServer(script);
                return;
            }

            HostPort peer = HostPort.Parse(ComputerName, MyInvocation.BoundParameters.ContainsKey(nameof(Port)) ? Port : null);
            target = peer.ToString();
            if (ShouldProcess(target, $"Replay connection {script.ConnectionId}"))
            {
                Task<NetReplayResult> playing = PlayAsync(peer, script);
                ShowWaiting(playing, $"Replaying to {target}", () => $"Connection {script.ConnectionId} of the transcript");
                WriteObject(Await(playing));
            }
        }
        catch (NetLabException fault)
        {
            Report(fault, target);
        }
    }

    private async Task<NetReplayResult> PlayAsync(HostPort peer, ReplayScript script)
    {
        bool usesTls = Tls || TargetHost is not null || TrustedCertificate is not null || SkipCertificateCheck;
        DialOptions dial = new()
        {
            Host = peer.Host,
            Port = peer.Port,
            Timeout = TimeSpan.FromSeconds(TimeoutSec),
            NoDelay = true,
            Tls = !usesTls ? null : new TlsClientOptions
            {
                TargetHost = TargetHost,
                Trusted = TrustedCertificate?.ReadTrusted(Password, StopToken),
                SkipCertificateCheck = SkipCertificateCheck,
            },
        };
        ReplayComparison comparison = await CompareAsync(script).ConfigureAwait(false);
        Transport transport = await StreamDialer.DialAsync(dial, StopToken).ConfigureAwait(false);
        using ReplayRun run = new(script, Options, comparison, transport);
        return await run.RunAsync(StopToken).ConfigureAwait(false);
    }

    /// <summary>Before there is a connection: expressions of users may take their time, or too long.</summary>
    private Task<ReplayComparison> CompareAsync(ReplayScript script)
    {
        Regex[] ignored = Array.ConvertAll(Ignore, Patterns.WithLimit);
        return Task.Run(() => ReplayComparison.Of(script, ignored)).WaitAsync(StopToken);
    }

    private void StartServer(ReplayScript script)
    {
        IPEndPoint endPoint = new(Address, Port);
        if (!ShouldProcess(endPoint.ToString(), $"Play the server of connection {script.ConnectionId}"))
        {
            return;
        }

        TlsServerOptions? tls = Tls || Certificate is not null
            ? new TlsServerOptions(Certificate?.Read(Password, StopToken).ToContext("-Certificate") ?? ServerCertificates.Localhost(null))
            : null;
        ReplayComparison comparison = Await(CompareAsync(script));
        NetReplayJob job = new(MyInvocation.Line.Trim(), Name, endPoint, script, Options, comparison, tls);
        LiveJobs.Add(job);
        JobRepository.Add(job);
        job.Run();
        WriteObject(job);
    }

    private void Read(string path)
    {
        List<string> remarks = [];
        try
        {
            foreach (NetTranscriptEvent item in TranscriptFile.Read(path, remarks, StopToken))
            {
                _events.Add(item);
            }
        }
        catch (NetLabException fault)
        {
            Fail(fault, path);
        }
        catch (IOException error)
        {
            Fail(new NetLabException(FaultKind.InvalidTranscript, $"{path} could not be read: {error.Message}", error), path);
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }

        remarks.ForEach(WriteWarning);
    }
}
