using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Native.Linux;
using PSNetLab.Engine.Native.Unix;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Inspection;

/// <summary>Describes a socket of this process.</summary>
internal static class OwnSockets
{
    private static readonly Lazy<string> s_process = new(() => System.Diagnostics.Process.GetCurrentProcess().ProcessName);

    /// <summary>Collects everything that is known about a socket.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="counts">The counts of the module's connection or server; null if the socket belongs to neither.</param>
    /// <exception cref="NetLabException">The socket is closed.</exception>
    internal static SocketInfo Describe(Socket socket, Totals? counts = null)
    {
        try
        {
            IPEndPoint? local = Plain(socket.LocalEndPoint);
            IPEndPoint? remote = Plain(Remote(socket));
            TcpInfo? tcp = Tcp(socket, out SocketState? state);
            long? inode = Inode(socket);
            SocketInfo? listed = state == SocketState.SynSent ? Connecting(inode) : MachineSockets.Find(socket, local, remote);
            uint? user = OperatingSystem.IsWindows() ? null : UserCalls.EffectiveUser();
            bool listens = IsListening(socket);
            return new SocketInfo
            {
                Protocol = socket.ProtocolType switch
                {
                    ProtocolType.Tcp => SocketProtocol.Tcp,
                    ProtocolType.Udp => SocketProtocol.Udp,
                    _ => socket.AddressFamily == AddressFamily.Unix ? SocketProtocol.Unix : null,
                },
                State = state ?? listed?.State
                    ?? (listens ? SocketState.Listen : remote is null ? SocketState.Closed : SocketState.Established),
                Family = socket.AddressFamily,
                Type = socket.SocketType,
                Local = local?.Address ?? listed?.Local,
                LocalPort = local?.Port ?? listed?.LocalPort,
                Remote = remote?.Address ?? listed?.Remote,
                RemotePort = remote?.Port ?? listed?.RemotePort,
                Path = (socket.LocalEndPoint as UnixDomainSocketEndPoint)?.ToString(),
                Handle = socket.Handle,
                Inode = inode,
                Blocking = OperatingSystem.IsLinux() ? SocketCalls.IsBlocking(socket.SafeHandle) : socket.Blocking,
                ReceiveQueue = listens ? tcp?.Unacknowledged ?? listed?.ReceiveQueue : socket.Available,
                SendQueue = listens
                    ? tcp?.Sacked ?? listed?.SendQueue
                    : SocketCalls.Unacknowledged(socket.SafeHandle) ?? listed?.SendQueue,
                UserId = user,
                UserName = Environment.UserName,
                ProcessId = Environment.ProcessId,
                ProcessName = s_process.Value,
                ProcessPath = Environment.ProcessPath,
                BytesReceived = counts?.BytesReceived,
                BytesSent = counts?.BytesSent,
                MessagesReceived = counts?.MessagesReceived,
                MessagesSent = counts?.MessagesSent,
                Drops = socket.ProtocolType == ProtocolType.Udp ? SocketCalls.Drops(socket) : null,
                Options = new(SocketOptions.GetAll(socket)),
                TcpInfo = listens ? null : tcp,
            };
        }
        catch (ObjectDisposedException error)
        {
            throw Closed(error);
        }
        catch (SocketException error)
        {
            throw new NetLabException(
                FaultKind.SocketError,
                $"The system refused to describe the socket: {SocketFaults.Words(error)}.",
                error);
        }
    }

    internal static NetLabException Closed(Exception? error = null) => new(
        FaultKind.ConnectionClosed,
        "The socket is closed, so there is nothing to inspect. Inspect it while it is open, or list the machine's sockets "
            + "with Get-SocketInfo.",
        error);

    internal static NetLabException NotStarted() => new(FaultKind.ConnectionClosed, "The TcpListener is not listening: "
        + "it was stopped or never started. Call its Start method first.");

    /// <summary>Finds a socket that is still connecting. Only Linux lists its endpoints.</summary>
    private static SocketInfo? Connecting(long? inode)
    {
        SocketInfo? found = null;
        MachineSockets.List([SocketProtocol.Tcp], 1u << (int)SocketState.SynSent, detailed: false,
            listed => found = listed.Inode == inode ? listed : found);
        return found;
    }

    private static IPEndPoint? Plain(EndPoint? endPoint) => endPoint is IPEndPoint ip ? Addresses.OfSocket(ip) : null;

    private static long? Inode(Socket socket)
    {
        // "socket:[4711]" (proc(5))
        string? target = OperatingSystem.IsLinux() ? new FileInfo($"/proc/self/fd/{socket.Handle}").LinkTarget : null;
        return long.TryParse(target?.Split('[', ']').ElementAtOrDefault(1), out long inode) ? inode : null;
    }

    private static EndPoint? Remote(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint;
        }
        catch (SocketException)
        {
            return null; // not connected
        }
    }

    private static bool IsListening(Socket socket)
        => socket.SocketType == SocketType.Stream
            && socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection) is int listens && listens != 0;

    private static TcpInfo? Tcp(Socket socket, out SocketState? state)
    {
        state = null;
        if (!OperatingSystem.IsLinux() || socket.ProtocolType != ProtocolType.Tcp)
        {
            return null;
        }

        Span<byte> info = stackalloc byte[512];
        int length = socket.GetRawSocketOption(SocketCalls.LevelTcp, SocketCalls.TcpInfo, info);
        if (length > 0)
        {
            state = (SocketState)info[0];
        }

        return TcpInfo.From(info[..length]);
    }
}
