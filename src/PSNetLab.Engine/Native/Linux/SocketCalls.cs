using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace PSNetLab.Engine.Native.Linux;

/// <summary>
/// The calls for sockets that the runtime does not offer in this form, and the options it does not know (socket(7), ip(7), ipv6(7),
/// tcp(7)).
/// </summary>
internal static unsafe partial class SocketCalls
{
    /// <summary>MSG_DONTWAIT.</summary>
    internal const int DoNotWait = 0x40;

    /// <summary>MSG_TRUNC: return the length of the datagram, not of the part that fit.</summary>
    internal const int Truncated = 0x20;

    /// <summary>MSG_NOSIGNAL.</summary>
    internal const int NoSignal = 0x4000;

    /// <summary>MSG_MORE.</summary>
    internal const int More = 0x8000;

    /// <summary>SOCK_NONBLOCK, which is O_NONBLOCK.</summary>
    internal const int NonBlocking = 0x800;

    /// <summary>SOCK_CLOEXEC.</summary>
    internal const int CloseOnExec = 0x80000;

    /// <summary>AF_INET.</summary>
    internal const int FamilyIP = 2;

    /// <summary>AF_INET6.</summary>
    internal const int FamilyIPv6 = 10;

    /// <summary>SOCK_STREAM.</summary>
    internal const int Stream = 1;

    internal const int LevelSocket = 1;

    /// <summary>SO_REUSEADDR (socket(7)).</summary>
    internal const int ReuseAddress = 2;
    internal const int ReceiveBufferForce = 33;
    internal const int MemoryInfo = 55;

    /// <summary>The index in <see cref="MemoryInfo"/> of the dropped datagrams (SK_MEMINFO_DROPS).</summary>
    internal const int MemoryInfoDrops = 8;

    internal const int LevelIP = 0;
    internal const int PacketInfo = 8;
    internal const int PathMtu = 14;

    /// <summary>IP_RECVERR.</summary>
    internal const int ReceiveErrors = 11;

    internal const int LevelIPv6 = 41;
    internal const int IPv6PathMtu = 24;

    /// <summary>IPV6_RECVERR.</summary>
    internal const int IPv6ReceiveErrors = 25;
    internal const int ReceiveIPv6PacketInfo = 49;
    internal const int IPv6PacketInfo = 50;

    internal const int LevelTcp = 6;
    internal const int TcpInfo = 11;
    internal const int NotSentLowWaterMark = 25;

    private const int GetFlags = 3;

    /// <summary>The bytes sent that the peer has not acknowledged (tcp(7), SIOCOUTQ); null where the system does not report it.</summary>
    internal static int? Unacknowledged(SafeSocketHandle socket)
    {
        int bytes;
        return OperatingSystem.IsLinux() && Control(socket, Abi.Current.OutputQueue, &bytes) == 0 ? bytes : null;
    }

    /// <summary>
    /// Datagrams the kernel dropped because the receive buffer was full; null where it does not report it (socket(7),
    /// SO_MEMINFO).
    /// </summary>
    internal static long? Drops(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            Span<uint> counters = stackalloc uint[MemoryInfoDrops + 1];
            int bytes = socket.GetRawSocketOption(LevelSocket, MemoryInfo, MemoryMarshal.AsBytes(counters));
            return bytes == counters.Length * sizeof(uint) ? counters[MemoryInfoDrops] : null;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>Whether calls on a socket block.</summary>
    internal static bool IsBlocking(SafeSocketHandle socket) => (Control(socket, GetFlags) & NonBlocking) == 0;

    /// <summary>The segments of a connection that were sent again, with TCP_INFO (tcp(7)); null where the system does not say.</summary>
    internal static int? Retransmits(Socket socket)
    {
        const int Offset = 100;
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            Span<byte> info = stackalloc byte[Offset + sizeof(uint)];
            return socket.GetRawSocketOption(LevelTcp, TcpInfo, info) == info.Length ? MemoryMarshal.Read<int>(info[Offset..]) : null;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    [LibraryImport(CLibrary.Name, EntryPoint = "socket", SetLastError = true)]
    internal static partial int Open(int family, int type, int protocol);

    [LibraryImport(CLibrary.Name, EntryPoint = "connect", SetLastError = true)]
    internal static partial int Connect(int socket, byte* address, uint length);

    [LibraryImport(CLibrary.Name, EntryPoint = "connect", SetLastError = true)]
    internal static partial int Connect(SafeSocketHandle socket, byte* address, uint length);

    [LibraryImport(CLibrary.Name, EntryPoint = "close")]
    internal static partial int Close(int socket);

    [LibraryImport(CLibrary.Name, EntryPoint = "accept4", SetLastError = true)]
    internal static partial int Accept(SafeSocketHandle socket, nint address, nint addressLength, int flags);

    [LibraryImport(CLibrary.Name, EntryPoint = "recv", SetLastError = true)]
    internal static partial nint Receive(SafeSocketHandle socket, byte* buffer, nuint length, int flags);

    [LibraryImport(CLibrary.Name, EntryPoint = "send", SetLastError = true)]
    internal static partial nint Send(SafeSocketHandle socket, byte* buffer, nuint length, int flags);

    [LibraryImport(CLibrary.Name, EntryPoint = "recvmmsg", SetLastError = true)]
    internal static partial int ReceiveMany(SafeSocketHandle socket, MultiMessageHeader* messages, uint count, int flags, void* timeout);

    [LibraryImport(CLibrary.Name, EntryPoint = "sendmsg", SetLastError = true)]
    internal static partial nint Send(SafeSocketHandle socket, MessageHeader* message, int flags);

    [LibraryImport(CLibrary.Name, EntryPoint = "fcntl")]
    private static partial int Control(SafeSocketHandle socket, int command);

    [LibraryImport(CLibrary.Name, EntryPoint = "ioctl")]
    private static partial int Control(SafeSocketHandle socket, nuint request, int* value);
}
