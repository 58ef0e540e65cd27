using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using PSNetLab.Engine;
using PSNetLab.Jobs;
using PSNetLab.Parameters;

namespace PSNetLab.Commands;

/// <summary>Starts a TCP server as a background job.</summary>
[Cmdlet(VerbsLifecycle.Start, "TcpServer", SupportsShouldProcess = true, DefaultParameterSetName = RecordSet)]
[OutputType(typeof(TcpServerJob))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class StartTcpServerCommand : NetCmdlet
{
    private const string RecordSet = "Record";
    private const string EchoSet = "Echo";
    private const string ReplySet = "Reply";
    private const string ScriptSet = "ScriptBlock";

    /// <summary>The port to listen on, 0 to 65535; 0 takes a free one, which the job tells. Default: 0.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateRange(0, 65535)]
    public int Port { get; set; }

    /// <summary>The local address to listen on: an IP address, Loopback, IPv6Loopback, or Any for all, which lets other machines in. Default: Loopback (127.0.0.1).</summary>
    [Parameter(Position = 1)]
    [AddressTransformation]
    [ArgumentCompleter(typeof(LocalAddressCompleter))]
    public IPAddress Address { get; set; } = IPAddress.Loopback;

    /// <summary>How many connections the system keeps waiting until they are accepted. Default: 512; the system may cap it (listen(2)).</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Backlog { get; set; } = 512;

    /// <summary>Where a message ends. Default: Raw.</summary>
    [Parameter]
    [FramingTransformation]
    [ArgumentCompleter(typeof(FramingCompleter))]
    public MessageFraming Framing { get; set; } = RawFraming.Instance;

    /// <summary>How text becomes bytes and back. Default: UTF-8.</summary>
    [Parameter]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding Encoding { get; set; } = EncodingTransformationAttribute.Default;

    /// <summary>Sends every message back.</summary>
    [Parameter(Mandatory = true, ParameterSetName = EchoSet)]
    public SwitchParameter Echo { get; set; }

    /// <summary>Answers every message with this text or these bytes.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ReplySet)]
    [AllowEmptyString]
    public object Reply { get; set; } = string.Empty;

    /// <summary>Answers every message with what this script block puts out; the message is $_.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ScriptSet)]
    public ScriptBlock? ScriptBlock { get; set; }

    /// <summary>How many connections the script block serves side by side, each in a runspace of its own. Default: 1.</summary>
    [Parameter(ParameterSetName = ScriptSet)]
    [ValidateRange(1, 256)]
    public int ThrottleLimit { get; set; } = 1;

    /// <summary>The most connections open at a time; further ones are closed at once and counted in Refused. Default: 1024.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int MaxConnections { get; set; } = 1024;

    /// <summary>The most bytes a message may have; a longer one closes its connection. With Raw, the most bytes one read takes. Default: 1048576.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue / 4)]
    public int MaxMessageBytes { get; set; } = 1024 * 1024;

    /// <summary>Closes a connection on which nothing came or went for so many seconds. Default: 0, never.</summary>
    [Parameter]
    [ValidateRange(0, 86400 * 20)]
    public double IdleTimeoutSec { get; set; }

    /// <summary>Speaks TLS; without -Certificate, with one for localhost that is signed by itself.</summary>
    [Parameter]
    public SwitchParameter Tls { get; set; }

    /// <summary>The certificate with its private key: an X509Certificate2, or the path of a PFX or PEM file. Implies -Tls.</summary>
    [Parameter]
    [CertificateTransformation]
    public X509Certificate2? Certificate { get; set; }

    /// <summary>The only peers to let in: addresses or CIDR ranges. Default: all.</summary>
    [Parameter]
    public string[]? AllowAddress { get; set; }

    /// <summary>Peers to turn away: addresses or CIDR ranges. Comes before -AllowAddress.</summary>
    [Parameter]
    public string[]? DenyAddress { get; set; }

    /// <summary>The most messages that wait in the job to be received. Default: 65536.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int BufferLimit { get; set; } = RecordOptions.DefaultBufferLimit;

    /// <summary>What happens when so many wait: Wait stops reading, so that TCP holds the senders back; Drop goes on and counts what was not kept. Default: Wait, and Drop for a server that answers.</summary>
    [Parameter]
    public WhenFull? WhenFull { get; set; }

    /// <summary>Keeps no messages; only counts and answers them.</summary>
    [Parameter]
    public SwitchParameter NoRecord { get; set; }

    /// <summary>The name of the job. Default: JobN.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IPEndPoint endPoint = new(Address, Port);
        if (!ShouldProcess(endPoint.ToString(), "Listen for TCP connections"))
        {
            return;
        }

        try
        {
            RecordOptions records = new(!NoRecord, BufferLimit, WhenFull ?? (ParameterSetName == RecordSet ? Engine.WhenFull.Wait : Engine.WhenFull.Drop));
            ReplyScript? script = ScriptBlock is null ? null : new ReplyScript(ScriptBlock, UsingValues.Evaluate(ScriptBlock, this), ThrottleLimit, Encoding);
            TcpServerJob job = new(MyInvocation.Line.Trim(), Name, records, Options(endPoint), script);
            LiveJobs.Add(job);
            JobRepository.Add(job);
            WriteObject(job);
        }
        catch (NetLabException fault)
        {
            Report(fault, endPoint);
        }
    }

    private TcpServerOptions Options(IPEndPoint endPoint)
    {
        byte[]? reply = ParameterSetName == ReplySet ? Payload.From(Reply, Encoding) : null;
        if (reply is not null)
        {
            // A reply that its framing cannot carry is told now, not at the first message.
            Framing.EncodedLength(reply.Length);
        }

        return new TcpServerOptions
        {
            EndPoint = endPoint,
            Backlog = Backlog,
            Framing = Framing,
            Encoding = Encoding,
            Echo = Echo,
            Reply = reply,
            MaxConnections = MaxConnections,
            MaxMessageBytes = MaxMessageBytes,
            IdleTimeout = TimeSpan.FromSeconds(IdleTimeoutSec),
            Certificate = Tls || Certificate is not null ? CertificateContext() : null,
            Filter = AllowAddress is null && DenyAddress is null ? null : new AddressFilter(AllowAddress, DenyAddress),
        };
    }

    private SslStreamCertificateContext CertificateContext()
        => SslStreamCertificateContext.Create(Certificate ?? CertificateTransformationAttribute.CreateForLocalhost(), additionalCertificates: null, offline: true);
}
