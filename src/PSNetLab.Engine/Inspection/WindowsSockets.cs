using System.Buffers.Binary;
using System.ComponentModel;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.Versioning;
using PSNetLab.Engine.Native.Windows;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Inspection;

/// <summary>Reads Windows' tables of sockets and their processes (GetExtendedTcpTable, GetExtendedUdpTable).</summary>
internal static class WindowsSockets
{
    private const int CountBytes = 4;

    // MIB_TCPROW_OWNER_PID, MIB_TCP6ROW_OWNER_PID, MIB_UDPROW_OWNER_PID and MIB_UDP6ROW_OWNER_PID.
    private static readonly Row s_tcp4 = new(Bytes: 24, State: 0, Local: 4, LocalPort: 8, Remote: 12, RemotePort: 16, Process: 20);
    private static readonly Row s_tcp6 = new(Bytes: 56, Local: 0, LocalPort: 20, Remote: 24, RemotePort: 44, State: 48, Process: 52);
    private static readonly Row s_udp4 = new(Bytes: 12, Local: 0, LocalPort: 4, Process: 8);
    private static readonly Row s_udp6 = new(Bytes: 28, Local: 0, LocalPort: 20, Process: 24);

    /// <summary>Reads a table into memory, and returns its size in bytes.</summary>
    /// <returns>0, or a system error code.</returns>
    internal delegate uint TableReader(Span<byte> table, ref uint bytes);

    /// <summary>Lists the sockets of a protocol.</summary>
    /// <exception cref="NetLabException">Windows refused.</exception>
    [SupportedOSPlatform("windows")]
    internal static void List(SocketProtocol protocol, Action<SocketInfo> onSocket)
    {
        bool[] versions = protocol == SocketProtocol.Unix ? [] : Socket.OSSupportsIPv6 ? [false, true] : [false];
        foreach (bool six in versions)
        {
            Read(ReadTable((Span<byte> table, ref uint bytes) => IpHelper.ReadTable(protocol == SocketProtocol.Tcp, six, table,
                ref bytes)), protocol, six, onSocket);
        }
    }

    /// <summary>The TCP connection between two endpoints.</summary>
    [SupportedOSPlatform("windows")]
    internal static SocketInfo? Find(IPEndPoint local, IPEndPoint remote)
    {
        SocketInfo? found = null;
        List(SocketProtocol.Tcp, socket =>
        {
            if (socket.LocalPort == local.Port && socket.RemotePort == remote.Port && local.Address.Equals(socket.Local)
                && remote.Address.Equals(socket.Remote))
            {
                found = socket;
            }
        });
        return found;
    }

    /// <summary>Reads a table, whatever its size.</summary>
    /// <exception cref="NetLabException">Windows refused.</exception>
    internal static byte[] ReadTable(TableReader read)
    {
        const uint InsufficientBuffer = 122;
        const int FirstBytes = 32 * 1024;
        byte[] table = new byte[FirstBytes];
        while (true)
        {
            uint bytes = (uint)table.Length;
            uint error = read(table, ref bytes);
            if (error == 0)
            {
                return table;
            }

            if (error != InsufficientBuffer)
            {
                throw new NetLabException(FaultKind.SocketError, "Windows could not list its sockets: "
                    + $"{new Win32Exception((int)error).Message}");
            }

            // More than needed, because sockets may open in the meantime.
            table = new byte[Math.Max(2L * table.Length, bytes + (bytes / 2L))];
        }
    }

    /// <summary>Lists the sockets of a table.</summary>
    internal static void Read(ReadOnlySpan<byte> table, SocketProtocol protocol, bool six, Action<SocketInfo> onSocket)
    {
        Row row = protocol == SocketProtocol.Tcp ? (six ? s_tcp6 : s_tcp4) : (six ? s_udp6 : s_udp4);
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(table);
        ReadOnlySpan<byte> rest = table[CountBytes..];
        for (; count > 0 && rest.Length >= row.Bytes; count--, rest = rest[row.Bytes..])
        {
            onSocket(Read(rest, row, protocol, six));
        }
    }

    private static SocketInfo Read(ReadOnlySpan<byte> bytes, Row row, SocketProtocol protocol, bool six)
    {
        SocketState state = row.State is { } at
            ? MachineSockets.State((TcpState)BinaryPrimitives.ReadInt32LittleEndian(bytes[at..]))
            : SocketState.Closed;
        int process = BinaryPrimitives.ReadInt32LittleEndian(bytes[row.Process..]);

        // The peer in the row of a listener has no meaning.
        int remotePort = row.RemotePort is { } port && state != SocketState.Listen
            ? BinaryPrimitives.ReadUInt16BigEndian(bytes[port..])
            : 0;
        return new SocketInfo
        {
            Protocol = protocol,
            Family = six ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork,
            Type = protocol == SocketProtocol.Tcp ? SocketType.Stream : SocketType.Dgram,
            State = state,
            Local = Address(bytes[row.Local..], six),
            LocalPort = BinaryPrimitives.ReadUInt16BigEndian(bytes[row.LocalPort..]),
            Remote = remotePort == 0 ? null : Address(bytes[row.Remote!.Value..], six),
            RemotePort = remotePort == 0 ? null : remotePort,

            // In TimeWait a socket belongs to the idle process, 0.
            ProcessId = process == 0 ? null : process,
        };
    }

    private static IPAddress Address(ReadOnlySpan<byte> bytes, bool six)
    {
        if (!six)
        {
            return KnownAddresses.Get(bytes[..4]);
        }

        // The documentation says network byte order, but Windows uses the machine's. In the right order, the number of an
        // interface is small.
        uint scope = BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]);
        return KnownAddresses.Get(bytes[..16], Math.Min(scope, BinaryPrimitives.ReverseEndianness(scope)));
    }

    /// <summary>Where the parts of a row are; the scope of an IPv6 address follows it.</summary>
    private sealed record Row(
        int Bytes, int Local, int LocalPort, int Process, int? State = null, int? Remote = null, int? RemotePort = null);
}
