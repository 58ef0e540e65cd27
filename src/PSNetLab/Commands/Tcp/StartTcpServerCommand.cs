using System.Management.Automation;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using PSNetLab.Binding;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Servers;
using PSNetLab.Engine.Tcp;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Starts a TCP server as a background job.</summary>
[Cmdlet(VerbsLifecycle.Start, "TcpServer", SupportsShouldProcess = true, DefaultParameterSetName = RecordSet)]
[OutputType(typeof(TcpServerJob))]
public sealed class StartTcpServerCommand : StartMessageServerCmdlet
{
    /// <summary>How many connections may wait until they are accepted. Default: 512; the system may cap it (listen(2)).</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Backlog { get; set; } = StreamServerOptions.DefaultBacklog;

    /// <summary>Where a message ends. Default: Raw.</summary>
    [Parameter]
    [FramingTransformation]
    [ArgumentCompleter(typeof(FramingCompleter))]
    public MessageFraming Framing { get; set; } = RawFraming.Instance;

    /// <summary>How many connections the script block serves in parallel, each in a runspace of its own. Default: 1.</summary>
    [Parameter(ParameterSetName = ScriptSet)]
    [ValidateRange(1, 256)]
    public int ThrottleLimit { get; set; } = 1;

    /// <summary>The maximum number of open connections; more are closed at once and counted in Refused. Default: 1024.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int MaxConnections { get; set; } = StreamServerOptions.DefaultMaxConnections;

    /// <summary>
    /// The maximum size of a message in bytes; a longer one closes its connection. With Raw, the most that one read
    /// takes. Default: 1048576.
    /// </summary>
    [Parameter]
    [ValidateRange(1, MessageFraming.MostMessageBytes)]
    public int MaxMessageBytes { get; set; } = MessageFraming.DefaultMaxMessageBytes;

    /// <summary>Closes a connection on which nothing was sent or received for this many seconds. Default: 0, never.</summary>
    [Parameter]
    [ValidateRange(0, MostSeconds)]
    public double IdleTimeoutSec { get; set; }

    /// <summary>Uses TLS; without -Certificate, with a self-signed one for localhost.</summary>
    [Parameter]
    public SwitchParameter Tls { get; set; }

    /// <summary>The certificate with its private key: an X509Certificate2, or the path of a PFX or PEM file. Implies -Tls.</summary>
    [Parameter]
    [CertificateTransformation]
    public X509Certificate2? Certificate { get; set; }

    /// <summary>
    /// What happens when -BufferLimit messages are waiting: Wait stops reading, so TCP holds the senders back; Drop keeps
    /// reading and counts what is not kept. Default: Wait, and Drop for a server that answers.
    /// </summary>
    [Parameter]
    public WhenFull? WhenFull { get; set; }

    private protected override string Action => "Listen for TCP connections";

    private protected override ServerJob Bind(IPEndPoint endPoint)
    {
        byte[][] replies = Replies;
        foreach (byte[] reply in replies)
        {
            // A reply that does not fit the framing is reported now, not at the first message.
            Framing.EncodedLength(reply.Length);
        }

        TcpServerOptions options = new()
        {
            EndPoint = endPoint,
            Backlog = Backlog,
            Framing = Framing,
            Encoding = Encoding,
            Echo = Echo,
            Replies = replies,
            MaxConnections = MaxConnections,
            MaxMessageBytes = MaxMessageBytes,
            IdleTimeout = TimeSpan.FromSeconds(IdleTimeoutSec),
            Certificate = Tls || Certificate is not null ? ServerCertificates.Context(Certificate) : null,
            Filter = CreateFilter(),
        };
        WhenFull whenFull = WhenFull ?? (ParameterSetName == RecordSet ? PSNetLab.WhenFull.Wait : PSNetLab.WhenFull.Drop);
        return new TcpServerJob(MyInvocation.Line.Trim(), Name, Records(whenFull), options, Script(ThrottleLimit, Framing));
    }
}
