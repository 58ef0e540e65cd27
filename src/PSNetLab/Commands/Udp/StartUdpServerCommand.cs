using System.Management.Automation;
using System.Net;
using System.Text;
using PSNetLab.Binding;
using PSNetLab.Conversion;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Udp;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Starts a UDP server as a background job.</summary>
[Cmdlet(VerbsLifecycle.Start, "UdpServer", SupportsShouldProcess = true, DefaultParameterSetName = RecordSet)]
[OutputType(typeof(UdpServerJob))]
public sealed class StartUdpServerCommand : StartServerCmdlet
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

    /// <summary>
    /// Multicast groups to join: addresses in 224.0.0.0/4 or ff00::/8. Without -Address, the server then listens on all
    /// addresses of that family.
    /// </summary>
    [Parameter]
    [AddressTransformation]
    [ArgumentCompleter(typeof(MulticastGroupCompleter))]
    public IPAddress[] MulticastGroup { get; set; } = [];

    /// <summary>The interface to join the groups on. Default: the one the system chooses.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(InterfaceCompleter))]
    public string? InterfaceAlias { get; set; }

    /// <summary>Shares the port with other sockets that ask for the same (SO_REUSEADDR).</summary>
    [Parameter]
    public SwitchParameter ReuseAddress { get; set; }

    /// <summary>Receives broadcasts: on all IPv4 addresses without -Address, sharing the port, with SO_BROADCAST set.</summary>
    [Parameter]
    public SwitchParameter Broadcast { get; set; }

    /// <summary>
    /// The maximum number of bytes kept of a datagram; a larger one is cut off, with Truncated set. Default: 65535,
    /// enough for any datagram.
    /// </summary>
    [Parameter]
    [ValidateRange(1, UdpServerOptions.MostDatagramBytes)]
    [NoFiles]
    public int BufferBytes { get; set; } = UdpServerOptions.MostDatagramBytes;

    /// <summary>The size of the system's receive buffer in bytes. Default: 16777216; the system may cap it (socket(7)).</summary>
    [Parameter]
    [ValidateRange(1024, int.MaxValue / 2)]
    [NoFiles]
    public int ReceiveBufferBytes { get; set; } = UdpBinding.DefaultReceiveBufferBytes;

    /// <summary>The text encoding. Default: UTF-8.</summary>
    [Parameter]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding Encoding { get; set; } = TextEncoding.Default;

    /// <summary>Sends every message back.</summary>
    [Parameter(Mandatory = true, ParameterSetName = EchoSet)]
    public SwitchParameter Echo { get; set; }

    /// <summary>Answers every message with this text or these bytes; a list is one message per element.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ReplySet)]
    [AllowEmptyString]
    [NoFiles]
    public object? Reply { get; set; }

    /// <summary>Answers every message with the output of this script block; the message is $_.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ScriptSet)]
    [NoFiles]
    public ScriptBlock? ScriptBlock { get; set; }

    /// <summary>How many datagrams the script block answers in parallel, each in a runspace of its own. Default: 1.</summary>
    [Parameter(ParameterSetName = ScriptSet)]
    [ValidateRange(1, 256)]
    [NoFiles]
    public int ThrottleLimit { get; set; } = 1;

    /// <summary>
    /// Speaks with each sender in steps: texts that the server expects and says in turn, and tables of what it expects with the answer to
    /// each.
    /// </summary>
    [Parameter(Mandatory = true, ParameterSetName = DialogueSet)]
    [NoFiles]
    public object? Dialogue { get; set; }

    /// <summary>The file with the steps of a dialogue: C: and what the server expects, S: and what it says.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DialogueFileSet)]
    [ValidateNotNullOrEmpty]
    [Alias("PSPath", "FullName")]
    public string? Path { get; set; }

    /// <summary>
    /// What a sender gets for a datagram that its dialogue does not expect: an answer as in a dialogue. Default: !close, nothing.
    /// </summary>
    [Parameter(ParameterSetName = DialogueSet)]
    [Parameter(ParameterSetName = DialogueFileSet)]
    [ArgumentCompleter(typeof(UnexpectedCompleter))]
    public object? Unexpected { get; set; } = AnswerParameters.DefaultUnexpected;

    /// <summary>
    /// How many milliseconds to wait before each answer: a number, or a range such as 100-300 for a random time. Default: 0.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public string? DelayMs { get; set; }

    private protected override string Action => "Receive datagrams";

    private protected override ServerJob Bind(IPEndPoint endPoint)
    {
        UdpServerOptions options = new()
        {
            Binding = UdpBindings.Create(this, endPoint, MulticastGroup, InterfaceAlias, ReuseAddress, Broadcast, ReceiveBufferBytes),
            Encoding = Encoding,
            BufferBytes = BufferBytes,
            Filter = CreateFilter(),
            Echo = Echo,
            Replies = Payload.FromReply(Reply, Encoding),
            Dialogue = AnswerParameters.Dialogue(this, Dialogue, Path, Unexpected, Encoding, clientBegins: true),
            Delay = AnswerParameters.Delay(DelayMs),
            ThrottleLimit = ThrottleLimit,
            Transcript = NewTranscript(),
        };
        if (options.Dialogue?.SpeaksFirst == true)
        {
            throw new NetLabException(
                FaultKind.InvalidDialogue,
                "A UDP server learns of a sender from its first datagram, so it cannot speak first. Begin with what it expects.");
        }

        UdpScript? script = ScriptBlock is null ? null : new(ScriptBlock, this, ThrottleLimit, Encoding);
        UdpServerJob job = new(CommandLine, Name, Records(WhenFull.Drop), options, script);
        UdpBindings.NoteReceiveBuffer(this, job, ReceiveBufferBytes);
        return job;
    }
}
