using System.Management.Automation;
using System.Net;
using PSNetLab.Binding;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Udp;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Starts a UDP server as a background job.</summary>
[Cmdlet(VerbsLifecycle.Start, "UdpServer", SupportsShouldProcess = true, DefaultParameterSetName = RecordSet)]
[OutputType(typeof(UdpServerJob))]
public sealed class StartUdpServerCommand : StartMessageServerCmdlet
{
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

    /// <summary>
    /// The maximum number of bytes kept of a datagram; a larger one is cut off, with Truncated set. Default: 65535,
    /// enough for any datagram.
    /// </summary>
    [Parameter]
    [ValidateRange(1, UdpServerOptions.MostDatagramBytes)]
    public int BufferBytes { get; set; } = UdpServerOptions.MostDatagramBytes;

    /// <summary>The size of the system's receive buffer in bytes. Default: 4194304; the system may cap it (socket(7)).</summary>
    [Parameter]
    [ValidateRange(1024, int.MaxValue / 2)]
    public int ReceiveBufferBytes { get; set; } = UdpBinding.DefaultReceiveBufferBytes;

    private protected override string Action => "Receive datagrams";

    private protected override ServerJob Bind(IPEndPoint endPoint)
    {
        UdpServerOptions options = new()
        {
            Binding = UdpBindings.Create(this, endPoint, MulticastGroup, InterfaceAlias, ReuseAddress, ReceiveBufferBytes),
            Encoding = Encoding,
            BufferBytes = BufferBytes,
            Filter = CreateFilter(),
            Echo = Echo,
            Replies = Replies,
        };
        UdpServerJob job = new(MyInvocation.Line.Trim(), Name, Records(WhenFull.Drop), options, Script(throttleLimit: 1, RawFraming.Instance));
        UdpBindings.NoteReceiveBuffer(this, job, ReceiveBufferBytes);
        return job;
    }
}
