using System.Diagnostics.CodeAnalysis;
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

/// <summary>Receives datagrams: on a port, or from a running server.</summary>
[Cmdlet(VerbsCommunications.Receive, "UdpMessage", SupportsShouldProcess = true, DefaultParameterSetName = PortSet)]
[OutputType(typeof(UdpMessage))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class ReceiveUdpMessageCommand : ReceiveCmdlet
{
    private const string PortSet = "Port";
    private const string JobSet = "Job";

    private UdpServerJob? _own;
    private CollectionHold? _hold;

    /// <summary>The port to receive on, 0 to 65535; 0 takes a free one.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PortSet)]
    [ValidateRange(0, 65535)]
    [NoFiles]
    public int Port { get; set; }

    /// <summary>The server whose messages to receive.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = JobSet)]
    [JobTransformation]
    [ArgumentCompleter(typeof(ServerJobCompleter<UdpServerJob>))]
    public UdpServerJob? Job { get; set; }

    /// <summary>
    /// The local address to receive on: an IP address, Loopback, IPv6Loopback, or Any for all, which lets other machines in. Default:
    /// Loopback (127.0.0.1); with -Broadcast or an IPv4 -MulticastGroup, 0.0.0.0.
    /// </summary>
    [Parameter(Position = 1, ParameterSetName = PortSet)]
    [AddressTransformation(IsToListen = true)]
    [ArgumentCompleter(typeof(LocalAddressCompleter))]
    public IPAddress Address { get; set; } = IPAddress.Loopback;

    /// <summary>Answers every datagram with this text or these bytes; a list is one datagram per element.</summary>
    [Parameter(ParameterSetName = PortSet)]
    [AllowEmptyString]
    [NoFiles]
    public object? Reply { get; set; }

    /// <summary>The text encoding. Default: UTF-8.</summary>
    [Parameter(ParameterSetName = PortSet)]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding Encoding { get; set; } = TextEncoding.Default;

    /// <summary>Multicast groups to join: addresses in 224.0.0.0/4 or ff00::/8.</summary>
    [Parameter(ParameterSetName = PortSet)]
    [AddressTransformation]
    [ArgumentCompleter(typeof(MulticastGroupCompleter))]
    public IPAddress[] MulticastGroup { get; set; } = [];

    /// <summary>The interface to join the groups on. Default: the one the system chooses.</summary>
    [Parameter(ParameterSetName = PortSet)]
    [ArgumentCompleter(typeof(InterfaceCompleter))]
    public string? InterfaceAlias { get; set; }

    /// <summary>Shares the port with other sockets that ask for the same (SO_REUSEADDR).</summary>
    [Parameter(ParameterSetName = PortSet)]
    public SwitchParameter ReuseAddress { get; set; }

    /// <summary>Receives broadcasts: on all IPv4 addresses without -Address, sharing the port, with SO_BROADCAST set.</summary>
    [Parameter(ParameterSetName = PortSet)]
    public SwitchParameter Broadcast { get; set; }

    /// <summary>
    /// The maximum number of bytes kept of a datagram; a larger one is cut off, with Truncated set. Default: 65535,
    /// enough for any datagram.
    /// </summary>
    [Parameter(ParameterSetName = PortSet)]
    [ValidateRange(1, UdpServerOptions.MostDatagramBytes)]
    [NoFiles]
    public int BufferBytes { get; set; } = UdpServerOptions.MostDatagramBytes;

    /// <summary>The size of the system's receive buffer in bytes. Default: 16777216; the system may cap it (socket(7)).</summary>
    [Parameter(ParameterSetName = PortSet)]
    [ValidateRange(1024, int.MaxValue / 2)]
    [NoFiles]
    public int ReceiveBufferBytes { get; set; } = UdpBinding.DefaultReceiveBufferBytes;

    private protected override string Advice => "Check that the sender is running and sends to this address and port";

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Job is not null)
        {
            ReceiveFrom(Job);
            return;
        }

        IPEndPoint endPoint = new(Address, Port);
        if (!ShouldProcess(endPoint.ToString(), "Receive datagrams"))
        {
            return;
        }

        try
        {
            UdpServerJob job = Bind(endPoint);
            LiveJobs.Add(job);
            _own = job;
            _hold = job.ReceiveBufferBytes < ReceiveBufferBytes ? CollectionHold.TryStart(Count) : null;
            job.Run();
            WriteVerbose($"Receiving on {job.Local}.");
            UdpBindings.NoteReceiveBuffer(this, job, ReceiveBufferBytes);
        }
        catch (NetLabException fault)
        {
            Fail(fault, endPoint);
        }

        ReceiveFrom(_own!);
        if ((_own!.KernelDrops ?? 0) + _own.Dropped is > 0 and var lost)
        {
            WriteWarning($"{lost} datagrams were lost because they arrived faster than they were read. "
                + $"Raise -ReceiveBufferBytes (the system gave {_own.ReceiveBufferBytes}; "
                + "on Linux net.core.rmem_max is its limit), or do less work per message.");
        }

        if (_own.AnswersDropped > 0)
        {
            WriteWarning($"{_own.AnswersDropped} answers were not sent, because there was no room in the socket's send buffer, "
                + "or too many waited.");
        }
    }

    /// <inheritdoc/>
    private protected override void Dispose(bool disposing)
    {
        _own?.Dispose();
        _hold?.Dispose();
        base.Dispose(disposing);
    }

    private UdpServerJob Bind(IPEndPoint endPoint)
    {
        UdpBinding binding = UdpBindings.Create(
            this, endPoint, MulticastGroup, InterfaceAlias, ReuseAddress, Broadcast, ReceiveBufferBytes);
        UdpServerOptions options = new()
        {
            Binding = binding,
            Encoding = Encoding,
            BufferBytes = BufferBytes,
            Replies = Payload.FromReply(Reply, Encoding),
        };
        RecordOptions records = new(Keep: true, RecordOptions.PipelineLimit, WhenFull.Drop);
        return new UdpServerJob(MyInvocation.Line.Trim(), null, records, options, script: null, isForeground: true);
    }
}
