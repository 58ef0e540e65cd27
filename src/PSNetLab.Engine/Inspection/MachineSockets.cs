using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using PSNetLab.Engine.Native.MacOS;

namespace PSNetLab.Engine.Inspection;

/// <summary>Lists the sockets of the machine, with the interface that each system has for it.</summary>
internal static class MachineSockets
{
    /// <summary>The bits of all states.</summary>
    internal const uint AllStates = 0x1FFF;

    /// <summary>Lists the sockets of some protocols.</summary>
    /// <param name="protocols">The protocols.</param>
    /// <param name="states">A bit for each state wanted, 1 &lt;&lt; <see cref="SocketState"/>. Sockets in other states may be
    /// listed, too.</param>
    /// <param name="detailed">Whether to fill in <see cref="SocketInfo.TcpInfo"/>, if the system has it.</param>
    /// <param name="onSocket">Called with each socket.</param>
    /// <exception cref="NetLabException">The system refused to list its sockets.</exception>
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
    /// Finds a socket of this process in the list, which knows more than the socket itself: its state and, on a Mac, its
    /// queues.
    /// </summary>
    internal static SocketInfo? Find(Socket socket, IPEndPoint? local, IPEndPoint? remote)
        => OperatingSystem.IsMacOS() ? new MacSockets(new LibProc()).Find(Environment.ProcessId, (int)socket.Handle)
            : OperatingSystem.IsWindows() && socket.ProtocolType == ProtocolType.Tcp && local is not null && remote is not null
                ? WindowsSockets.Find(local, remote)
            : null;

    /// <summary>The state for one of .NET, whose numbers are those of Windows.</summary>
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
                SocketProtocol.Tcp => machine.GetActiveTcpListeners().Select(
                    listener => From(protocol, SocketState.Listen, listener, null))
                    .Concat(machine.GetActiveTcpConnections().Select(
                        connection => From(protocol, State(connection.State), connection.LocalEndPoint, connection.RemoteEndPoint))),
                SocketProtocol.Udp =>
                    machine.GetActiveUdpListeners().Select(listener => From(protocol, SocketState.Closed, listener, null)),
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
        Family = local.AddressFamily,
        Type = protocol == SocketProtocol.Tcp ? SocketType.Stream : SocketType.Dgram,
        State = state,
        Local = local.Address,
        LocalPort = local.Port,
        Remote = remote?.Address,
        RemotePort = remote?.Port,
    };
}
