using System.Globalization;
using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Inspection;

/// <summary>Lists the sockets of a Linux machine from /proc/net (proc(5)), for kernels without sock_diag(7).</summary>
internal static class ProcNet
{
    internal static IEnumerable<SocketInfo> List(SocketProtocol protocol) => protocol switch
    {
        SocketProtocol.Unix => Lines("/proc/net/unix").Select(ReadUnix),
        SocketProtocol.Udp => Lines("/proc/net/udp").Concat(Lines("/proc/net/udp6")).Select(fields => ReadInet(fields, protocol)),
        _ => Lines("/proc/net/tcp").Concat(Lines("/proc/net/tcp6")).Select(fields => ReadInet(fields, protocol)),
    };

    /// <summary>Reads an address in the form of the tables: 32-bit words in the byte order of the machine.</summary>
    internal static IPAddress ParseAddress(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);
        if (BitConverter.IsLittleEndian)
        {
            for (int word = 0; word < bytes.Length; word += 4)
            {
                Array.Reverse(bytes, word, 4);
            }
        }

        return KnownAddresses.Get(bytes);
    }

    private static IEnumerable<string[]> Lines(string table) => File.Exists(table)
        ? File.ReadLines(table).Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        : [];

    private static SocketInfo ReadInet(string[] fields, SocketProtocol protocol)
    {
        (IPAddress localAddress, int localPort) = EndPoint(fields[1]);
        (IPAddress remoteAddress, int remotePort) = EndPoint(fields[2]);
        string[] queues = fields[4].Split(':');
        uint user = uint.Parse(fields[7], CultureInfo.InvariantCulture);
        return new SocketInfo
        {
            Protocol = protocol,
            Family = fields[1].Length > 13 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork,
            Type = protocol == SocketProtocol.Tcp ? SocketType.Stream : SocketType.Dgram,
            State = (SocketState)Hex(fields[3]),
            Local = localAddress,
            LocalPort = localPort,
            Remote = remotePort == 0 ? null : remoteAddress,
            RemotePort = remotePort == 0 ? null : remotePort,
            SendQueue = Hex(queues[0]),
            ReceiveQueue = Hex(queues[1]),
            UserId = user,
            UserName = UserNames.Get(user),
            Inode = long.Parse(fields[9], CultureInfo.InvariantCulture),
            Drops = protocol == SocketProtocol.Udp && fields.Length > 12 ? long.Parse(fields[12], CultureInfo.InvariantCulture) : null,
        };
    }

    private static SocketInfo ReadUnix(string[] fields)
    {
        const int AcceptingConnections = 0x10000;
        return new SocketInfo
        {
            Protocol = SocketProtocol.Unix,
            Family = AddressFamily.Unix,
            Type = (SocketType)Hex(fields[4]),
            State = (Hex(fields[3]) & AcceptingConnections) != 0
                ? SocketState.Listen
                : fields[5] == "03" ? SocketState.Established : SocketState.Closed,
            Inode = long.Parse(fields[6], CultureInfo.InvariantCulture),
            Path = fields.Length > 7 ? fields[7] : null,
        };
    }

    private static (IPAddress Address, int Port) EndPoint(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return (ParseAddress(text[..colon]), (int)Hex(text[(colon + 1)..]));
    }

    private static long Hex(string digits) => long.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
