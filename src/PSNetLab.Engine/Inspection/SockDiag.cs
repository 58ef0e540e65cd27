using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using PSNetLab.Engine.Native.Linux;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Inspection;

/// <summary>Lists the sockets of a Linux machine with sock_diag(7): the kernel returns them as structures, many per system call.</summary>
internal static unsafe class SockDiag
{
    private const int HeaderBytes = 16;
    private const int ByFamily = 20;
    private const ushort Error = 2;
    private const ushort Done = 3;
    private const ushort RequestDump = 0x301;
    private const int BufferBytes = 256 * 1024;

    private const byte FamilyUnix = 1;
    private const byte Family4 = 2;
    private const byte Family6 = 10;

    /// <summary>Lists the sockets of a protocol.</summary>
    /// <param name="protocol">The protocol.</param>
    /// <param name="states">A bit for each state wanted, 1 &lt;&lt; <see cref="SocketState"/>.</param>
    /// <param name="detailed">Whether to fill in <see cref="SocketInfo.TcpInfo"/>.</param>
    /// <param name="onSocket">Called with each socket.</param>
    /// <returns>False if the kernel does not answer such queries.</returns>
    internal static bool TryList(SocketProtocol protocol, uint states, bool detailed, Action<SocketInfo> onSocket)
    {
        int netlink = NetlinkCalls.OpenSocketDiagnostics();
        if (netlink < 0)
        {
            return false;
        }

        try
        {
            return protocol == SocketProtocol.Unix
                ? Dump(netlink, UnixRequest(states), (payload, _) => onSocket(ReadUnix(payload)), protocol)
                : DumpInet(Family4) && DumpInet(Family6);

            bool DumpInet(byte family) => Dump(
                netlink, InetRequest(family, protocol, states, detailed), (payload, kind) => onSocket(ReadInet(payload, kind)), protocol);
        }
        finally
        {
            _ = NetlinkCalls.Close(netlink);
        }
    }

    private static byte[] InetRequest(byte family, SocketProtocol protocol, uint states, bool detailed)
    {
        const int TcpInfoExtension = 1 << 1;
        const int MemoryExtension = 1 << 6;
        byte[] request = new byte[HeaderBytes + 56];
        request[HeaderBytes] = family;
        request[HeaderBytes + 1] = (byte)(protocol == SocketProtocol.Tcp ? ProtocolType.Tcp : ProtocolType.Udp);
        request[HeaderBytes + 2] =
            (byte)((detailed && protocol == SocketProtocol.Tcp ? TcpInfoExtension : 0)
                | (protocol == SocketProtocol.Udp || detailed ? MemoryExtension : 0));
        MemoryMarshal.Write(request.AsSpan(HeaderBytes + 4), states);
        return request;
    }

    private static byte[] UnixRequest(uint states)
    {
        const uint ShowNameQueuesAndUser = 0x1 | 0x10 | 0x40;
        byte[] request = new byte[HeaderBytes + 24];
        request[HeaderBytes] = FamilyUnix;
        MemoryMarshal.Write(request.AsSpan(HeaderBytes + 4), states);
        MemoryMarshal.Write(request.AsSpan(HeaderBytes + 12), ShowNameQueuesAndUser);
        return request;
    }

    private static bool Dump(int netlink, byte[] request, PayloadHandler handler, SocketProtocol protocol)
    {
        MemoryMarshal.Write(request, (uint)request.Length);
        MemoryMarshal.Write(request.AsSpan(4), (ushort)ByFamily);
        MemoryMarshal.Write(request.AsSpan(6), RequestDump);
        fixed (byte* start = request)
        {
            if (NetlinkCalls.Send(netlink, start, (nuint)request.Length, 0) < 0)
            {
                return false;
            }
        }

        byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
        while (true)
        {
            nint received;
            fixed (byte* start = buffer)
            {
                received = NetlinkCalls.Receive(netlink, start, BufferBytes, 0);
            }

            if (received <= 0)
            {
                if (received < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR)
                {
                    continue;
                }

                return false;
            }

            if (Read(buffer.AsSpan(0, (int)received), handler, protocol) is { } isComplete)
            {
                return isComplete;
            }
        }
    }

    /// <summary>Reads a part of the answer to a query.</summary>
    /// <returns>Whether that was all, and false if the query has failed; null if there is more to come.</returns>
    internal static bool? Read(ReadOnlySpan<byte> part, PayloadHandler handler, SocketProtocol protocol)
    {
        while (part.Length >= HeaderBytes)
        {
            int length = MemoryMarshal.Read<int>(part);
            ushort type = MemoryMarshal.Read<ushort>(part[4..]);
            if (type == Error || length < HeaderBytes || length > part.Length)
            {
                return false;
            }

            ReadOnlySpan<byte> payload = part[HeaderBytes..length];
            if (type == Done)
            {
                // Without the module for a protocol, nothing is listed, and the end says so.
                return payload.Length < sizeof(int) || MemoryMarshal.Read<int>(payload) >= 0;
            }

            handler(payload, protocol);
            part = part[Math.Min(Align(length), part.Length)..];
        }

        return null;
    }

    internal delegate void PayloadHandler(ReadOnlySpan<byte> payload, SocketProtocol protocol);

    private static SocketInfo ReadInet(ReadOnlySpan<byte> message, SocketProtocol protocol)
    {
        const int MessageBytes = 72;
        const ushort InfoAttribute = 2;
        const ushort MemoryAttribute = 7;
        bool six = message[0] == Family6;
        uint device = MemoryMarshal.Read<uint>(message[40..]);
        int remotePort = (message[6] << 8) | message[7];
        uint user = MemoryMarshal.Read<uint>(message[64..]);
        TcpInfo? info = null;
        long? drops = null;
        int next = MessageBytes;
        while (NextAttribute(message, ref next, out ushort type, out ReadOnlySpan<byte> data))
        {
            if (type == InfoAttribute && (SocketState)message[1] != SocketState.Listen)
            {
                info = TcpInfo.From(data);
            }
            else if (type == MemoryAttribute && data.Length > SocketCalls.MemoryInfoDrops * sizeof(uint))
            {
                drops = MemoryMarshal.Read<uint>(data[(SocketCalls.MemoryInfoDrops * sizeof(uint))..]);
            }
        }

        return new SocketInfo
        {
            Protocol = protocol,
            Family = six ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork,
            Type = protocol == SocketProtocol.Tcp ? SocketType.Stream : SocketType.Dgram,
            State = (SocketState)message[1],
            Local = KnownAddresses.Get(message.Slice(8, six ? 16 : 4), device),
            LocalPort = (message[4] << 8) | message[5],
            Remote = remotePort == 0 ? null : KnownAddresses.Get(message.Slice(24, six ? 16 : 4), device),
            RemotePort = remotePort == 0 ? null : remotePort,
            ReceiveQueue = MemoryMarshal.Read<uint>(message[56..]),
            SendQueue = MemoryMarshal.Read<uint>(message[60..]),
            UserId = user,
            UserName = UserNames.Get(user),
            Inode = MemoryMarshal.Read<uint>(message[68..]),
            Drops = protocol == SocketProtocol.Udp ? drops : null,
            TcpInfo = info,
        };
    }

    private static SocketInfo ReadUnix(ReadOnlySpan<byte> message)
    {
        const int MessageBytes = 16;
        const ushort NameAttribute = 0;
        const ushort QueuesAttribute = 4;
        const ushort UserAttribute = 7;
        string? path = null;
        (uint Receive, uint Send)? queues = null;
        uint? user = null;
        int next = MessageBytes;
        while (NextAttribute(message, ref next, out ushort type, out ReadOnlySpan<byte> data))
        {
            switch (type)
            {
                case NameAttribute when data.Length > 0:
                    path = data[0] == 0 ? "@" + Encoding.UTF8.GetString(data[1..]) : Encoding.UTF8.GetString(data.TrimEnd((byte)0));
                    break;
                case QueuesAttribute:
                    queues = (MemoryMarshal.Read<uint>(data), MemoryMarshal.Read<uint>(data[4..]));
                    break;
                case UserAttribute:
                    user = MemoryMarshal.Read<uint>(data);
                    break;
            }
        }

        return new SocketInfo
        {
            Protocol = SocketProtocol.Unix,
            Family = AddressFamily.Unix,
            Type = (SocketType)message[1],
            State = (SocketState)message[2],
            Path = path,
            ReceiveQueue = queues?.Receive,
            SendQueue = queues?.Send,
            UserId = user,
            UserName = user is { } id ? UserNames.Get(id) : null,
            Inode = MemoryMarshal.Read<uint>(message[4..]),
        };
    }

    /// <summary>Steps through the attributes behind a message (rtnetlink(7)).</summary>
    private static bool NextAttribute(ReadOnlySpan<byte> message, ref int next, out ushort type, out ReadOnlySpan<byte> data)
    {
        const int AttributeHeaderBytes = 4;
        type = 0;
        data = default;
        if (next + AttributeHeaderBytes > message.Length)
        {
            return false;
        }

        int length = MemoryMarshal.Read<ushort>(message[next..]);
        if (length < AttributeHeaderBytes || next + length > message.Length)
        {
            return false;
        }

        type = MemoryMarshal.Read<ushort>(message[(next + 2)..]);
        data = message.Slice(next + AttributeHeaderBytes, length - AttributeHeaderBytes);
        next += Align(length);
        return true;
    }

    private static int Align(int length) => (length + 3) & ~3;
}
