using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using System.Text;
using PSNetLab.Binding;
using PSNetLab.Conversion;
using PSNetLab.Engine.Capture;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Udp;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Sends a broadcast from every IPv4 interface and collects the answers.</summary>
[Cmdlet(VerbsCommunications.Send, "Broadcast", DefaultParameterSetName = InterfaceSet)]
[OutputType(typeof(BroadcastResult), typeof(UdpMessage))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class SendBroadcastCommand : TranscriptCmdlet
{
    private const string InterfaceSet = "Interface";
    private const string AddressSet = "Address";

    private readonly Dictionary<(string Alias, IPAddress Source, IPAddress Broadcast), UdpSender> _senders = [];
    private readonly Mailbox<UdpMessage> _answers = new(RecordOptions.PipelineLimit, WhenFull.Drop);
    private MessageInput? _input;
    private Transcript? _transcript;
    private (string Alias, IPAddress Source, IPAddress Broadcast)[] _ways = [];

    /// <summary>The port to send to, 1 to 65535.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateRange(1, 65535)]
    [NoFiles]
    public int Port { get; set; }

    /// <summary>What to send: text, bytes, or anything else as its string form.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [System.Management.Automation.AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    [NoFiles]
    public object? Message { get; set; }

    /// <summary>Sends the bytes of all messages together as one datagram.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <summary>The interfaces to send from. Default: all that are up and have a broadcast address.</summary>
    [Parameter(ParameterSetName = InterfaceSet)]
    [ArgumentCompleter(typeof(InterfaceCompleter))]
    public string[]? InterfaceAlias { get; set; }

    /// <summary>The broadcast addresses to send to, by the interface the system chooses, such as 192.0.2.255 or 255.255.255.255.</summary>
    [Parameter(Mandatory = true, ParameterSetName = AddressSet)]
    [AddressTransformation]
    [ArgumentCompleter(typeof(BroadcastAddressCompleter))]
    public IPAddress[] Address { get; set; } = [];

    /// <summary>How many times to send. Default: 1.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [NoFiles]
    public int Count { get; set; } = 1;

    /// <summary>How many milliseconds to wait before sending again. Default: 1000.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    [NoFiles]
    public int IntervalMs { get; set; } = 1000;

    /// <summary>
    /// How many seconds to collect answers after the last broadcast; they are emitted as they arrive. Default: 0, none
    /// are collected.
    /// </summary>
    [Parameter]
    [ValidateRange(0, MostSeconds)]
    [NoFiles]
    public double TimeoutSec { get; set; }

    /// <summary>The text encoding. Default: UTF-8.</summary>
    [Parameter]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding Encoding { get; set; } = TextEncoding.Default;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _input = new MessageInput(this, Raw);
        _transcript = NewTranscript();
        Recordings.Add(_transcript);
        Incoming = TimeoutSec > 0 ? new IncomingReplies(this, _answers, count: 0, StopToken) : null;
        try
        {
            _ways = ParameterSetName == AddressSet ? [.. Address.Select(WayTo)] : [.. Cards().SelectMany(WaysOf)];
        }
        catch (NetLabException fault)
        {
            Fail(fault, (object?)InterfaceAlias ?? Address);
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        Broadcast(_input!.Take(Message, Encoding));
    }

    private void Broadcast(IEnumerable<byte[]> payloads)
    {
        foreach (byte[] payload in payloads)
        {
            for (int round = 0; round < Count; round++)
            {
                if (round > 0)
                {
                    Pause(IntervalMs);
                }

                SendRound(payload);
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        Broadcast(_input!.TakeRest());
        Incoming?.WriteRest(Span(TimeoutSec));
        Incoming?.WarnOfLosses();
    }

    /// <inheritdoc/>
    private protected override void Dispose(bool disposing)
    {
        foreach (UdpSender sender in _senders.Values)
        {
            sender.Dispose();
        }

        base.Dispose(disposing);
    }

    private void SendRound(byte[] payload)
    {
        foreach ((string Alias, IPAddress Source, IPAddress Broadcast) way in _ways)
        {
            try
            {
                UdpSender sender = Sender(way);
                Await(sender.SendAsync(payload, StopToken).AsTask());
                WriteObject(new BroadcastResult(way.Alias, sender.LocalEndPoint.Address, way.Broadcast, payload.Length, null));
            }
            catch (NetLabException fault)
            {
                WriteObject(new BroadcastResult(way.Alias, way.Source, way.Broadcast, 0, fault.Message));
                Report(fault, $"{way.Broadcast}:{Port}");
            }
        }
    }

    private (string Alias, IPAddress Source, IPAddress Broadcast) WayTo(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            IPAddress source = UdpSockets.SourceFor(new IPEndPoint(address, Port));
            return (NetworkCard.Up.FirstOrDefault(
                card => card.Addresses.Any(own => own.Address.Equals(source)))?.Alias ?? string.Empty, source, address);
        }

        throw new NetLabException(FaultKind.InvalidAddress, $"{address} is not a broadcast address: IPv6 has none. Use Send-UdpMessage "
            + "-MulticastGroup ff02::1 for all hosts of a link (RFC 4291, section 2.7.1).");
    }

    private static IEnumerable<(string Alias, IPAddress Source, IPAddress Broadcast)> WaysOf(NetworkCard card)
        => card.Broadcasts().Select(pair => (card.Alias, pair.Source, pair.Broadcast));

    /// <summary>The interfaces to send from.</summary>
    private NetworkCard[] Cards()
    {
        NetworkCard[] cards = InterfaceAlias is null
            ? [.. NetworkCard.Up.Where(card => !card.IsLoopback)]
            : Array.ConvertAll(InterfaceAlias, NetworkCard.Find);
        return cards.SelectMany(WaysOf).Any()
            ? cards
            : throw new NetLabException(FaultKind.InterfaceNotFound, "None of the interfaces "
                + $"{string.Join(", ", InterfaceAlias ?? NetworkCard.Up.Select(card => card.Alias))} has an IPv4 "
                + "broadcast address. Give the address with -Address, or check the interfaces.");
    }

    private UdpSender Sender((string Alias, IPAddress Source, IPAddress Broadcast) way)
    {
        if (!_senders.TryGetValue(way, out UdpSender? sender))
        {
            sender = UdpSender.Open(new UdpSendOptions
            {
                Remote = new IPEndPoint(way.Broadcast, Port),
                Local = new IPEndPoint(way.Source.AddressFamily == AddressFamily.InterNetwork ? way.Source : IPAddress.Any, 0),
                Encoding = Encoding,
                Broadcast = true,
                Interface = way.Alias.Length == 0 ? null : NetworkCard.Find(way.Alias),
                Replies = Incoming is null ? null : _answers,
                Transcript = _transcript,
            });
            _senders.Add(way, sender);
        }

        return sender;
    }
}
