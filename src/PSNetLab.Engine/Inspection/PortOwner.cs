using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Inspection;

/// <summary>Finds the process that uses a port, if the system reports it.</summary>
internal static class PortOwner
{
    private const uint Bound =
        (1u << (int)SocketState.Listen) | (1u << (int)SocketState.Closed) | (1u << (int)SocketState.Established)
            | (1u << (int)SocketState.TimeWait);

    /// <summary>" (by process 4711, node)" or what else is known; empty if nothing is.</summary>
    internal static string Describe(IPEndPoint endPoint, ProtocolType protocol)
    {
        List<SocketInfo> holders = [];
        bool udp = protocol == ProtocolType.Udp;
        bool hasWaiting = false;
        try
        {
            MachineSockets.List([udp ? SocketProtocol.Udp : SocketProtocol.Tcp], Bound, detailed: false, socket =>
            {
                if (socket.LocalPort != endPoint.Port || !Overlaps(socket.Local!, endPoint.Address))
                {
                    return;
                }

                hasWaiting |= socket.State == SocketState.TimeWait;
                if (udp || socket.State == SocketState.Listen)
                {
                    holders.Add(socket);
                }
            });
        }
        catch (NetLabException)
        {
            return string.Empty; // the message that the port is in use must not fail
        }

        if (holders.Count == 0 && hasWaiting)
        {
            return " (by connections of an earlier server, which are in TIME-WAIT for a minute or so; a server "
                + "with -ReuseAddress takes it)";
        }

        new SocketProcesses().Complete(holders);
        return holders.Find(holder => holder.ProcessId is not null) is { } holder
            ? $" (by process {holder.ProcessId}, {PeerText.Shown(holder.ProcessName ?? string.Empty)}"
                + $"{(holder.ProcessId == Environment.ProcessId ? ": this one" : string.Empty)})"
            : string.Empty;
    }

    /// <summary>Whether two addresses conflict: they are the same, or one of them is all addresses.</summary>
    private static bool Overlaps(IPAddress held, IPAddress wanted)
        => held.Equals(wanted) || Addresses.IsAny(held) || Addresses.IsAny(wanted);
}
