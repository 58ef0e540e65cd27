using System.Management.Automation;
using System.Net;
using System.Text;
using PSNetLab.Binding;
using PSNetLab.Conversion;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Servers;
using PSNetLab.Engine.Tcp;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Starts a TCP server as a background job.</summary>
[Cmdlet(VerbsLifecycle.Start, "TcpServer", SupportsShouldProcess = true, DefaultParameterSetName = RecordSet)]
[OutputType(typeof(TcpServerJob))]
public sealed partial class StartTcpServerCommand : StartStreamServerCmdlet
{
    /// <inheritdoc/>
    /// <remarks>A script block without its name comes first. For PowerShell, that takes a position in each set of parameters.</remarks>
    [Parameter(Position = 0, ParameterSetName = RecordSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, ParameterSetName = EchoSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, ParameterSetName = ReplySet, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, ParameterSetName = DialogueSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, ParameterSetName = DialogueFileSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 1, ParameterSetName = ScriptSet, ValueFromPipelineByPropertyName = true)]
    [ValidateRange(0, 65535)]
    [NoFiles]
    public override int Port { get; set; }

    /// <inheritdoc/>
    [Parameter(Position = 1, ParameterSetName = RecordSet)]
    [Parameter(Position = 1, ParameterSetName = EchoSet)]
    [Parameter(Position = 1, ParameterSetName = ReplySet)]
    [Parameter(Position = 1, ParameterSetName = DialogueSet)]
    [Parameter(Position = 1, ParameterSetName = DialogueFileSet)]
    [Parameter(Position = 2, ParameterSetName = ScriptSet)]
    [AddressTransformation(IsToListen = true)]
    [ArgumentCompleter(typeof(LocalAddressCompleter))]
    public override IPAddress Address { get; set; } = IPAddress.Loopback;

    /// <summary>How many connections may wait until they are accepted. Default: 512; the system may cap it (listen(2)).</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [NoFiles]
    public int Backlog { get; set; } = StreamServerOptions.DefaultBacklog;

    /// <summary>Where a message ends. Default: Raw, and CrLf with a dialogue.</summary>
    [Parameter]
    [FramingTransformation]
    [ArgumentCompleter(typeof(FramingCompleter))]
    public MessageFraming Framing { get; set; } = RawFraming.Instance;

    /// <summary>How many connections the script blocks serve in parallel, each in a runspace of its own. Default: 1.</summary>
    [Parameter]
    [ValidateRange(1, 256)]
    [NoFiles]
    public int ThrottleLimit { get; set; } = 1;

    /// <summary>
    /// The maximum size of a message in bytes; a longer one closes its connection. With Raw, the most that one read
    /// takes. Default: 1048576.
    /// </summary>
    [Parameter]
    [ValidateRange(1, MessageFraming.MostMessageBytes)]
    [NoFiles]
    public int MaxMessageBytes { get; set; } = MessageFraming.DefaultMaxMessageBytes;

    /// <summary>Closes a connection on which nothing was sent or received for this many seconds. Default: 0, never.</summary>
    [Parameter]
    [ValidateRange(0, MostSeconds)]
    [NoFiles]
    public double IdleTimeoutSec { get; set; }

    /// <summary>
    /// Closes a connection that has sent the beginning of a message, but not the rest within this many seconds; 0 for no limit.
    /// Default: 60.
    /// </summary>
    [Parameter]
    [ValidateRange(0, MostSeconds)]
    [NoFiles]
    public double MessageTimeoutSec { get; set; } = TcpServerOptions.DefaultMessageTimeoutSeconds;

    /// <summary>
    /// How many bytes of incomplete messages and unsent answers all connections may hold together; beyond that, the one that holds
    /// the most is closed. Default: 268435456.
    /// </summary>
    [Parameter]
    [ValidateRange(1L, long.MaxValue)]
    [NoFiles]
    public long MaxPendingBytes { get; set; } = TcpServerOptions.DefaultMaxPendingBytes;

    /// <summary>
    /// What happens when -BufferLimit messages are waiting: Wait stops reading, so TCP holds the senders back; Drop keeps
    /// reading and counts what is not kept. Default: Wait, and Drop for a server that answers.
    /// </summary>
    [Parameter]
    public WhenFull? WhenFull { get; set; }

    /// <summary>The text encoding. Default: UTF-8.</summary>
    [Parameter]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding Encoding { get; set; } = TextEncoding.Default;

    private protected override string Action => "Listen for TCP connections";

    private protected override ServerJob Bind(IPEndPoint endPoint)
    {
        // The lines of a dialogue have no end of their own.
        bool isLines = HasDialogue && !MyInvocation.BoundParameters.ContainsKey(nameof(Framing));
        MessageFraming framing = FramingScripts.Bind(isLines ? DelimiterFraming.CrLf : Framing, this, ThrottleLimit, Encoding);
        TcpServerOptions options = Answering(new()
        {
            Backlog = Backlog,
            Framing = framing,
            Encoding = Encoding,
            MaxMessageBytes = MaxMessageBytes,
            IdleTimeout = TimeSpan.FromSeconds(IdleTimeoutSec),
            MessageTimeout = TimeSpan.FromSeconds(MessageTimeoutSec),
            MaxPendingBytes = MaxPendingBytes,
        });
        WhenFull whenFull = WhenFull ?? (ParameterSetName == RecordSet ? PSNetLab.WhenFull.Wait : PSNetLab.WhenFull.Drop);
        TcpScripts scripts = new(this, ThrottleLimit, options, ScriptBlock, OnOpen, Greeting.Unwrapped() as ScriptBlock, OnClose);
        return new TcpServerJob(CommandLine, Name, Records(whenFull), Complete(options, endPoint), scripts);
    }
}
