using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using System.Text;
using PSNetLab.Binding;
using PSNetLab.Conversion;
using PSNetLab.Engine.Capture;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Udp;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Sends datagrams to a host or a multicast group, and receives the answers.</summary>
[Cmdlet(VerbsCommunications.Send, "UdpMessage", DefaultParameterSetName = HostSet)]
[OutputType(typeof(UdpMessage))]
public sealed class SendUdpMessageCommand : TranscriptCmdlet
{
    private const string HostSet = "Host";
    private const string GroupSet = "Group";

    private UdpSender? _sender;
    private MessageInput? _input;
    private int? _unfragmented;
    private bool _sentBefore;

    /// <summary>
    /// The name or address of the receiver, or host:port. If a name has several addresses, the first IPv4 one is used, because UDP
    /// gives no sign which one works.
    /// </summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = HostSet)]
    [Alias("HostName", "IPAddress")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ComputerNameCompleter))]
    public string ComputerName { get; set; } = string.Empty;

    /// <summary>The multicast group to send to: an address in 224.0.0.0/4 or ff00::/8.</summary>
    [Parameter(Mandatory = true, ParameterSetName = GroupSet)]
    [AddressTransformation]
    [ArgumentCompleter(typeof(MulticastGroupCompleter))]
    public IPAddress? MulticastGroup { get; set; }

    /// <summary>The port of the receiver, 1 to 65535, unless -ComputerName has it.</summary>
    [Parameter(Position = 1, ParameterSetName = HostSet)]
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = GroupSet)]
    [ValidateRange(1, 65535)]
    [ArgumentCompleter(typeof(ServerPortCompleter<UdpServerJob>))]
    public int Port { get; set; }

    /// <summary>
    /// What to send: text, bytes, received messages, or anything else as its string form. A list of bytes is one message,
    /// any other list one message per element.
    /// </summary>
    /// <remarks>To a host, it is what remains of the arguments: the port before it is left out if the name has one.</remarks>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromRemainingArguments = true, ParameterSetName = HostSet)]
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, ParameterSetName = GroupSet)]
    [System.Management.Automation.AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    [NoFiles]
    public object? Message { get; set; }

    /// <summary>Sends the bytes of all messages together as one datagram.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <summary>Emits the answers that arrive within -TimeoutSec.</summary>
    [Parameter]
    public SwitchParameter Receive { get; set; }

    /// <summary>Emits this many answers and ends. Implies -Receive.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [NoFiles]
    public int Count { get; set; }

    /// <summary>How many seconds to wait for answers once everything is sent. Default: 2.</summary>
    [Parameter]
    [ValidateRange(0, MostSeconds)]
    [NoFiles]
    public double TimeoutSec { get; set; } = 2;

    /// <summary>The local port to send from, 0 to 65535. Default: 0, a free one.</summary>
    [Parameter]
    [ValidateRange(0, 65535)]
    [NoFiles]
    public int LocalPort { get; set; }

    /// <summary>How many routers the datagrams may pass through, 0 to 255. Default: the system's, which is 1 for multicast.</summary>
    [Parameter]
    [ValidateRange(0, 255)]
    [NoFiles]
    public int TimeToLive { get; set; }

    /// <summary>The interface to send multicast from. Default: the one the system chooses.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(InterfaceCompleter))]
    public string? InterfaceAlias { get; set; }

    /// <summary>The text encoding. Default: UTF-8.</summary>
    [Parameter]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding Encoding { get; set; } = TextEncoding.Default;

    /// <summary>How many milliseconds to wait between two messages. Default: 0.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    [NoFiles]
    public int IntervalMs { get; set; }

    /// <summary>Emits every message that was sent.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private string Target { get; set; } = string.Empty;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _input = new MessageInput(this, Raw);
        try
        {
            Target = MulticastGroup is null ? ComputerName : Addresses.Join(MulticastGroup.ToString(), Port);
            if (MulticastGroup is not null && !Addresses.IsMulticast(MulticastGroup))
            {
                throw new NetLabException(FaultKind.MulticastRefused, $"{MulticastGroup} is not a multicast address (224.0.0.0/4 or "
                    + "ff00::/8). Use -ComputerName for a host.") { Subject = MulticastGroup };
            }

            if (MulticastGroup is null && TimeToLive == 0 && MyInvocation.BoundParameters.ContainsKey(nameof(TimeToLive)))
            {
                throw new NetLabException(FaultKind.InvalidParameters, "-TimeToLive 0 is for multicast only, where it means this machine "
                    + "(ip(7)). Use 1 or more for a host.");
            }

            IPEndPoint remote = MulticastGroup is null ? Resolve() : new(MulticastGroup, Port);
            bool wantsReplies = Receive || Count > 0;
            Mailbox<UdpMessage>? replies = wantsReplies ? new Mailbox<UdpMessage>(RecordOptions.PipelineLimit, WhenFull.Drop) : null;
            Transcript? transcript = NewTranscript();
            _sender = UdpSender.Open(new UdpSendOptions
            {
                Remote = remote,
                Local = LocalPort == 0
                    ? null
                    : new IPEndPoint(remote.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, LocalPort),
                Encoding = Encoding,
                Interface = InterfaceAlias is null ? null : NetworkCard.Find(InterfaceAlias),
                TimeToLive = MyInvocation.BoundParameters.ContainsKey(nameof(TimeToLive)) ? TimeToLive : null,
                Replies = replies,
                Transcript = transcript,
            });
            Recordings.Add(transcript);
            Incoming = replies is null ? null : new IncomingReplies(this, replies, Count, StopToken);
            Watch(_sender.LocalEndPoint, remote);
            _unfragmented = _sender.UnfragmentedBytes;
        }
        catch (NetLabException fault)
        {
            Fail(fault, Target);
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (byte[] payload in _input!.Take(Message, Encoding))
        {
            Send(payload);
        }

        Incoming?.WriteAvailable();
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (byte[] payload in _input!.TakeRest())
        {
            Send(payload);
        }

        // Nothing was sent, so no answer will come.
        bool complete = Incoming is null || _sender!.MessagesSent == 0 || Incoming.WriteRest(Span(TimeoutSec));
        Incoming?.WarnOfLosses();
        if (_sender!.Fault is { } fault)
        {
            Report(fault, Target);
        }
        else if (!complete && (Count > 0 || Incoming!.Written == 0))
        {
            Report(
                new NetLabException(FaultKind.ReceiveTimeout, $"{(Count == 0 ? "No answer" : $"{Incoming!.Written} of {Count} answers")} "
                    + $"arrived from {Target} within {TimeText.Seconds(TimeoutSec)}. "
                    + "A datagram or its answer may have been lost on the way: "
                    + "send it again, or raise -TimeoutSec."),
                Target);
        }
    }

    /// <inheritdoc/>
    private protected override void Dispose(bool disposing)
    {
        _sender?.Dispose();
        base.Dispose(disposing);
    }

    private IPEndPoint Resolve()
    {
        HostPort peer = HostPort.Parse(ComputerName, MyInvocation.BoundParameters.ContainsKey(nameof(Port)) ? Port : null);
        Target = peer.ToString();
        IPAddress[] addresses = Await(NameResolver.ResolveAsync(peer.Host, AddressFamily.Unspecified, StopToken));
        return new(Array.Find(addresses, address => address.AddressFamily == AddressFamily.InterNetwork) ?? addresses[0], peer.Port);
    }

    private void Send(byte[] payload)
    {
        if (_sentBefore && IntervalMs > 0)
        {
            Pause(IntervalMs);
        }

        _sentBefore = true;
        if (payload.Length > _unfragmented)
        {
            WriteVerbose($"{payload.Length} bytes are more than the {_unfragmented} that reach {Target} in one piece; "
                + "the datagram is sent in fragments, and if one is lost, all of it is lost (RFC 791, section 2.3).");
        }

        try
        {
            Await(_sender!.SendAsync(payload, StopToken).AsTask());
            if (PassThru)
            {
                WriteObject(_sender.NewSentMessage(payload));
            }
        }
        catch (NetLabException fault)
        {
            Report(fault, Target);
        }
    }
}
