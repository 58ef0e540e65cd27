using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace PSNetLab.Engine.Native.Linux;

/// <summary>epoll(7).</summary>
internal static unsafe partial class EpollCalls
{
    internal const uint In = 0x1;
    internal const uint Urgent = 0x2;
    internal const uint Out = 0x4;
    internal const uint Error = 0x8;
    internal const uint HangUp = 0x10;
    internal const uint PeerHangUp = 0x2000;
    internal const uint EdgeTriggered = 1u << 31;

    internal const int Add = 1;
    internal const int CloseOnExec = 0x80000;

    [LibraryImport(CLibrary.Name, EntryPoint = "epoll_create1", SetLastError = true)]
    internal static partial int Create(int flags);

    [LibraryImport(CLibrary.Name, EntryPoint = "close")]
    internal static partial int Close(int epoll);

    [LibraryImport(CLibrary.Name, EntryPoint = "epoll_ctl", SetLastError = true)]
    internal static partial int Control(int epoll, int operation, SafeSocketHandle socket, byte* epollEvent);

    [LibraryImport(CLibrary.Name, EntryPoint = "epoll_ctl", SetLastError = true)]
    internal static partial int Control(int epoll, int operation, int descriptor, byte* epollEvent);

    [LibraryImport(CLibrary.Name, EntryPoint = "epoll_wait", SetLastError = true)]
    internal static partial int Wait(int epoll, byte* events, int maxEvents, int timeoutMilliseconds);
}
