using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Inspection;

/// <summary>Parses what macOS reports about a socket: struct socket_fdinfo of sys/proc_info.h, as 64-bit processes see it.</summary>
internal static class SocketFdInfo
{
    internal const int Bytes = 792;

    private const int IdentityOffset = 160;
    private const int TypeOffset = 176;
    private const int ProtocolOffset = 180;
    private const int FamilyOffset = 184;
    private const int OptionsOffset = 188;
    private const int StateOffset = 192;
    private const int WaitingOffset = 194;
    private const int IncompleteOffset = 196;
    private const int BacklogOffset = 198;
    private const int ReceiveQueueOffset = 208;
    private const int SendQueueOffset = 232;
    private const int KindOffset = 256;

    // Of struct in_sockinfo.
    private const int RemotePortOffset = 264;
    private const int LocalPortOffset = 268;
    private const int VersionsOffset = 288;
    private const int RemoteAddressOffset = 296;
    private const int LocalAddressOffset = 312;

    // Of struct tcp_sockinfo and of struct un_sockinfo.
    private const int TcpStateOffset = 344;
    private const int PathOffset = 280;

    private const int KindInternet = 1;
    private const int KindTcp = 2;
    private const int KindUnix = 3;

    // In the order of the numbers of macOS, from TSI_S_CLOSED.
    private static readonly SocketState[] s_tcpStates =
    [
        SocketState.Closed, SocketState.Listen, SocketState.SynSent, SocketState.SynReceived, SocketState.Established,
        SocketState.CloseWait,
        SocketState.FinWait1, SocketState.Closing, SocketState.LastAck, SocketState.FinWait2, SocketState.TimeWait,
    ];

    /// <summary>Identifies a socket; the same for all its descriptors.</summary>
    internal static ulong Identity(ReadOnlySpan<byte> socket) => MemoryMarshal.Read<ulong>(socket[IdentityOffset..]);

    /// <summary>The socket, if it is of a kind that can be listed.</summary>
    internal static SocketInfo? Read(ReadOnlySpan<byte> socket, int process) => Int32(socket, KindOffset) switch
    {
        KindTcp => ReadInternet(socket, process, SocketProtocol.Tcp),
        KindInternet when Int32(socket, ProtocolOffset) == (int)ProtocolType.Udp => ReadInternet(socket, process, SocketProtocol.Udp),
        KindUnix => ReadUnix(socket, process),
        _ => null,
    };

    /// <summary>An IPv6 address in the form of the macOS kernel: a link-local one has its scope in the third and fourth byte.</summary>
    internal static IPAddress Address6(ReadOnlySpan<byte> bytes, bool withScope = true)
    {
        if (bytes[0] != 0xFE || (bytes[1] & 0xC0) != 0x80)
        {
            return KnownAddresses.Get(bytes);
        }

        Span<byte> plain = stackalloc byte[16];
        bytes.CopyTo(plain);
        plain[2..4].Clear();
        return KnownAddresses.Get(plain, withScope ? BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) : 0u);
    }

    private static SocketInfo ReadInternet(ReadOnlySpan<byte> socket, int process, SocketProtocol protocol)
    {
        const int Family6 = 30;
        const int Version6 = 2;
        bool six = Int32(socket, FamilyOffset) == Family6;
        bool address6 = six && (socket[VersionsOffset] & Version6) != 0;
        int localPort = BinaryPrimitives.ReadUInt16BigEndian(socket[LocalPortOffset..]);
        int remotePort = BinaryPrimitives.ReadUInt16BigEndian(socket[RemotePortOffset..]);
        int tcpState = Int32(socket, TcpStateOffset);
        SocketState state = protocol == SocketProtocol.Udp
            ? remotePort == 0 ? SocketState.Closed : SocketState.Established
            : tcpState >= 0 && tcpState < s_tcpStates.Length ? s_tcpStates[tcpState] : SocketState.Unknown;
        (long received, long sent) = Queues(socket, state);
        return new SocketInfo
        {
            Protocol = protocol,
            Family = six ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork,
            Type = protocol == SocketProtocol.Tcp ? SocketType.Stream : SocketType.Dgram,
            State = state,
            Local = localPort == 0 ? null : Address(socket.Slice(LocalAddressOffset, 16), address6),
            LocalPort = localPort == 0 ? null : localPort,
            Remote = remotePort == 0 ? null : Address(socket.Slice(RemoteAddressOffset, 16), address6),
            RemotePort = remotePort == 0 ? null : remotePort,
            ReceiveQueue = received,
            SendQueue = sent,
            ProcessId = process,
        };
    }

    private static SocketInfo ReadUnix(ReadOnlySpan<byte> socket, int process)
    {
        const int AcceptsConnections = 2;
        const int IsConnected = 2;
        SocketState state = (Int16(socket, OptionsOffset) & AcceptsConnections) != 0 ? SocketState.Listen
            : (Int16(socket, StateOffset) & IsConnected) != 0 ? SocketState.Established
            : SocketState.Closed;

        // struct sockaddr_un: its length, the family, the path.
        ReadOnlySpan<byte> path = socket[PathOffset] > 2 ? socket.Slice(PathOffset + 2, socket[PathOffset] - 2) : default;
        int end = path.IndexOf((byte)0);
        (long received, long sent) = Queues(socket, state);
        return new SocketInfo
        {
            Protocol = SocketProtocol.Unix,
            Family = AddressFamily.Unix,
            Type = (SocketType)Int32(socket, TypeOffset),
            State = state,
            Path = path.IsEmpty || end == 0 ? null : Encoding.UTF8.GetString(end < 0 ? path : path[..end]),
            ReceiveQueue = received,
            SendQueue = sent,
            ProcessId = process,
        };
    }

    private static (long Receive, long Send) Queues(ReadOnlySpan<byte> socket, SocketState state) => state == SocketState.Listen
        ? (Int16(socket, WaitingOffset) - Int16(socket, IncompleteOffset), Int16(socket, BacklogOffset))
        : (MemoryMarshal.Read<uint>(socket[ReceiveQueueOffset..]), MemoryMarshal.Read<uint>(socket[SendQueueOffset..]));

    private static IPAddress Address(ReadOnlySpan<byte> bytes, bool six) => six ? Address6(bytes) : KnownAddresses.Get(bytes[12..]);

    private static int Int32(ReadOnlySpan<byte> socket, int offset) => MemoryMarshal.Read<int>(socket[offset..]);

    private static short Int16(ReadOnlySpan<byte> socket, int offset) => MemoryMarshal.Read<short>(socket[offset..]);
}
