using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Turns the parameters that UDP cmdlets share into socket bindings.</summary>
internal static class UdpBindings
{
    /// <summary>Reports a receive buffer that is smaller than requested.</summary>
    internal static void NoteReceiveBuffer(PSCmdlet cmdlet, UdpServerJob job, int asked)
    {
        if (job.ReceiveBufferBytes < asked)
        {
            cmdlet.WriteVerbose($"The system gave {job.Local} a receive buffer of {job.ReceiveBufferBytes} bytes, "
                + $"not {asked}. On Linux, net.core.rmem_max is the limit without CAP_NET_ADMIN (socket(7)).");
        }
    }

    internal static UdpBinding Create(
        PSCmdlet cmdlet, IPEndPoint endPoint, IPAddress[] groups, string? alias, bool reuse, bool broadcast, int receiveBuffer)
    {
        NetworkCard? card = alias is null ? null : NetworkCard.Find(alias);
        if (card is not null && groups.Length == 0)
        {
            throw new NetLabException(
                FaultKind.InvalidParameters,
                "-InterfaceAlias is the interface on which to join groups, and needs -MulticastGroup. To receive on one interface only, "
                    + "give its address with -Address.");
        }

        // A group is an address of its own: a socket bound to one host address would not get its datagrams.
        bool hasAddress = cmdlet.MyInvocation.BoundParameters.ContainsKey("Address");
        bool six = Array.Exists(groups, group => group.AddressFamily == AddressFamily.InterNetworkV6);
        IPAddress address = hasAddress || (groups.Length == 0 && !broadcast) ? endPoint.Address : six ? IPAddress.IPv6Any : IPAddress.Any;
        return new UdpBinding
        {
            EndPoint = new IPEndPoint(address, endPoint.Port),
            ReuseAddress = reuse || broadcast,
            Broadcast = broadcast,
            MulticastGroups = groups,
            Interface = card,
            ReceiveBufferBytes = receiveBuffer,
        };
    }
}
