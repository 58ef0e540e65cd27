using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using PSNetLab.Engine.Inspection;

namespace PSNetLab.Engine.Tests;

/// <summary>What macOS tells of a socket, made by hand from struct socket_fdinfo of sys/proc_info.h.</summary>
internal static class MacSocket
{
    internal static byte[] Tcp(int state, string local, int localPort, string remote, int remotePort, uint received = 0, uint sent = 0,
        short waiting = 0, short incomplete = 0, short backlog = 0, ulong identity = 1)
    {
        byte[] bytes = Internet(local, localPort, remote, remotePort, ProtocolType.Tcp, received, sent, identity);
        Write(bytes, 176, (int)SocketType.Stream);
        Write(bytes, 194, waiting);
        Write(bytes, 196, incomplete);
        Write(bytes, 198, backlog);
        Write(bytes, 256, 2);
        Write(bytes, 344, state);
        return bytes;
    }

    internal static byte[] Udp(string local, int localPort, string remote, int remotePort, uint received = 0)
    {
        byte[] bytes = Internet(local, localPort, remote, remotePort, ProtocolType.Udp, received, 0, 5);
        Write(bytes, 176, (int)SocketType.Dgram);
        Write(bytes, 256, 1);
        return bytes;
    }

    private static byte[] Internet(
        string local, int localPort, string remote, int remotePort, ProtocolType protocol, uint received, uint sent, ulong identity)
    {
        byte[] bytes = new byte[SocketFdInfo.Bytes];
        IPAddress address = IPAddress.Parse(local);
        bool six = address.AddressFamily == AddressFamily.InterNetworkV6;
        Write(bytes, 160, identity);
        Write(bytes, 180, (int)protocol);
        Write(bytes, 184, six ? 30 : 2);
        Write(bytes, 208, received);
        Write(bytes, 232, sent);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(264), (ushort)remotePort);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(268), (ushort)localPort);
        bytes[288] = (byte)(six ? 2 : 1);
        IPAddress.Parse(remote).GetAddressBytes().CopyTo(bytes, six ? 296 : 308);
        address.GetAddressBytes().CopyTo(bytes, six ? 312 : 324);
        return bytes;
    }

    internal static byte[] Unix(string? path, short options, short flags)
    {
        byte[] bytes = new byte[SocketFdInfo.Bytes];
        Write(bytes, 160, 9ul);
        Write(bytes, 176, (int)SocketType.Stream);
        Write(bytes, 184, 1);
        Write(bytes, 188, options);
        Write(bytes, 192, flags);
        Write(bytes, 256, 3);
        if (path is not null)
        {
            byte[] name = Encoding.UTF8.GetBytes(path);
            bytes[280] = (byte)(name.Length + 3);
            bytes[281] = 1;
            name.CopyTo(bytes, 282);
        }

        return bytes;
    }

    internal static void Write<T>(byte[] bytes, int offset, T value)
        where T : struct => MemoryMarshal.Write(bytes.AsSpan(offset), value);
}
