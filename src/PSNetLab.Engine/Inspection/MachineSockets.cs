using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using PSNetLab.Engine.Native.MacOS;

namespace PSNetLab.Engine.Inspection;

/// <summary>Lists the sockets of the machine, with the means of each system.</summary>
internal static class MachineSockets
{
    /// <summary>Every state of <see cref="SocketState"/>.</summary>
    internal const uint AllStates = 0x1FFF;

    /// <summary>Passes on every socket of some protocols.</summary>
    /// <param name="protocols">Which.</param>
    /// <param name="states">A bit for each state wanted, as 1 &lt;&lt; <see cref="SocketState"/>; others may be included.</param>
    /// <param name="detailed">Whether to read what TCP itself knows, if possible.</param>
    /// <param name="onSocket">Gets the sockets.</param>
    /// <exception cref="NetLabException">The system does not report it.</exception>
    internal static void List(SocketProtocol[] protocols, uint states, bool detailed, Action<SocketInfo> onSocket)
    {
        if (OperatingSystem.IsMacOS())
        {
            new MacSockets(new LibProc()).List(protocols, protocols.SelectMany(ListPortable), onSocket);
            return;
        }

        foreach (SocketProtocol protocol in protocols)
        {
            if (OperatingSystem.IsWindows())
            {
                WindowsSockets.List(protocol, onSocket);
            }
            else if (!OperatingSystem.IsLinux() || !SockDiag.TryList(protocol, states, detailed, onSocket))
            {
                foreach (SocketInfo socket in OperatingSystem.IsLinux() ? ProcNet.List(protocol) : ListPortable(protocol))
                {
                    onSocket(socket);
                }
            }
        }
    }

    /// <summary>
    /// What the list knows about a socket of this process that the socket itself does not: its state, and on a Mac its
    /// queues.
    /// </summary>
    internal static SocketInfo? Find(Socket socket, IPEndPoint? local, IPEndPoint? remote)
        => OperatingSystem.IsMacOS() ? new MacSockets(new LibProc()).Find(Environment.ProcessId, (int)socket.Handle)
            : OperatingSystem.IsWindows() && socket.ProtocolType == ProtocolType.Tcp && local is not null && remote is not null ? WindowsSockets.Find(local, remote)
            : null;

    /// <summary>The state for a number of .NET, which are those of Windows.</summary>
    internal static SocketState State(TcpState state) => state switch
    {
        TcpState.Closed or TcpState.DeleteTcb => SocketState.Closed,
        TcpState.Listen => SocketState.Listen,
        TcpState.SynSent => SocketState.SynSent,
        TcpState.SynReceived => SocketState.SynReceived,
        TcpState.Established => SocketState.Established,
        TcpState.FinWait1 => SocketState.FinWait1,
        TcpState.FinWait2 => SocketState.FinWait2,
        TcpState.CloseWait => SocketState.CloseWait,
        TcpState.Closing => SocketState.Closing,
        TcpState.LastAck => SocketState.LastAck,
        TcpState.TimeWait => SocketState.TimeWait,
        _ => SocketState.Unknown,
    };

    private static IEnumerable<SocketInfo> ListPortable(SocketProtocol protocol)
    {
        try
        {
            IPGlobalProperties machine = IPGlobalProperties.GetIPGlobalProperties();
            return protocol switch
            {
                SocketProtocol.Tcp => machine.GetActiveTcpListeners().Select(listener => From(protocol, SocketState.Listen, listener, null))
                    .Concat(machine.GetActiveTcpConnections().Select(connection => From(protocol, State(connection.State), connection.LocalEndPoint, connection.RemoteEndPoint))),
                SocketProtocol.Udp => machine.GetActiveUdpListeners().Select(listener => From(protocol, SocketState.Closed, listener, null)),
                _ => [],
            };
        }
        catch (NetworkInformationException error)
        {
            throw new NetLabException(FaultKind.SocketError, $"The system could not list its sockets: {error.Message}.", error);
        }
    }

    private static SocketInfo From(SocketProtocol protocol, SocketState state, IPEndPoint local, IPEndPoint? remote) => new()
    {
        Protocol = protocol,
        AddressFamily = local.AddressFamily,
        SocketType = protocol == SocketProtocol.Tcp ? SocketType.Stream : SocketType.Dgram,
        State = state,
        LocalAddress = local.Address,
        LocalPort = local.Port,
        RemoteAddress = remote?.Address,
        RemotePort = remote?.Port,
    };
}
