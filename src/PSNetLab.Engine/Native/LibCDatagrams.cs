using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace PSNetLab.Engine.Native;

/// <summary>struct msghdr of recvmsg(2) on 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    internal byte* Name;
    internal uint NameLength;
    internal IoVector* Vectors;
    internal nuint VectorCount;
    internal byte* Control;
    internal nuint ControlLength;
    internal int Flags;
}

/// <summary>struct mmsghdr of recvmmsg(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MultiMessageHeader
{
    internal MessageHeader Header;
    internal uint Length;
}

/// <summary>struct iovec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVector
{
    internal byte* Start;
    internal nuint Length;
}

/// <summary>The system calls of Linux for datagrams.</summary>
internal static unsafe partial class LibCDatagrams
{
    internal const int DoNotWait = 0x40;
    internal const int Truncated = 0x20;

    internal const int LevelIP = 0;
    internal const int LevelIPv6 = 41;
    internal const int PacketInfo = 8;
    internal const int ReceiveIPv6PacketInfo = 49;
    internal const int IPv6PacketInfo = 50;

    internal const int LevelSocket = 1;
    internal const int ReceiveBufferForce = 33;
    internal const int MemoryInfo = 55;

    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "recvmmsg", SetLastError = true)]
    internal static partial int ReceiveMany(SafeSocketHandle socket, MultiMessageHeader* messages, uint count, int flags, void* timeout);

    [LibraryImport(Library, EntryPoint = "sendmsg", SetLastError = true)]
    internal static partial nint Send(SafeSocketHandle socket, MessageHeader* message, int flags);
}
