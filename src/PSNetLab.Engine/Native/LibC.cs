using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PSNetLab.Engine.Native;

/// <summary>The few system calls of Linux that the runtime does not offer in this form (epoll(7), accept(2), recv(2), send(2), fcntl(2)).</summary>
internal static unsafe partial class LibC
{
    internal const uint EpollIn = 0x1;
    internal const uint EpollOut = 0x4;
    internal const uint EpollError = 0x8;
    internal const uint EpollHangUp = 0x10;
    internal const uint EpollPeerHangUp = 0x2000;
    internal const uint EpollEdgeTriggered = 1u << 31;

    internal const int EpollAdd = 1;
    internal const int NoSignal = 0x4000;
    internal const int More = 0x8000;

    internal const int NonBlocking = 0x800;
    internal const int CloseOnExec = 0x80000;

    internal const int SetStatusFlags = 4;
    internal const int Append = 0x400;

    internal const int Interrupted = 4;
    internal const int TryAgain = 11;

    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "epoll_create1", SetLastError = true)]
    internal static partial int EpollCreate(int flags);

    [LibraryImport(Library, EntryPoint = "epoll_ctl", SetLastError = true)]
    internal static partial int EpollControl(int epoll, int operation, SafeSocketHandle socket, byte* epollEvent);

    [LibraryImport(Library, EntryPoint = "epoll_wait", SetLastError = true)]
    internal static partial int EpollWait(int epoll, byte* events, int maxEvents, int timeoutMilliseconds);

    [LibraryImport(Library, EntryPoint = "accept4", SetLastError = true)]
    internal static partial int Accept(SafeSocketHandle socket, nint address, nint addressLength, int flags);

    [LibraryImport(Library, EntryPoint = "recv", SetLastError = true)]
    internal static partial nint Receive(SafeSocketHandle socket, byte* buffer, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "send", SetLastError = true)]
    internal static partial nint Send(SafeSocketHandle socket, byte* buffer, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int SetFileStatus(SafeFileHandle file, int command, int flags);

    /// <summary>The socket error for an errno of Linux.</summary>
    internal static SocketException Error(int errno) => new((int)(errno switch
    {
        1 or 13 => SocketError.AccessDenied,      // EPERM, EACCES
        9 => SocketError.NotSocket,               // EBADF
        23 or 24 => SocketError.TooManyOpenSockets, // ENFILE, EMFILE
        32 => SocketError.Shutdown,               // EPIPE
        90 => SocketError.MessageSize,            // EMSGSIZE
        99 => SocketError.AddressNotAvailable,    // EADDRNOTAVAIL
        100 => SocketError.NetworkDown,           // ENETDOWN
        101 => SocketError.NetworkUnreachable,    // ENETUNREACH
        103 => SocketError.ConnectionAborted,     // ECONNABORTED
        104 => SocketError.ConnectionReset,       // ECONNRESET
        105 => SocketError.NoBufferSpaceAvailable, // ENOBUFS
        107 => SocketError.NotConnected,          // ENOTCONN
        110 => SocketError.TimedOut,              // ETIMEDOUT
        111 => SocketError.ConnectionRefused,     // ECONNREFUSED
        112 => SocketError.HostDown,              // EHOSTDOWN
        113 => SocketError.HostUnreachable,       // EHOSTUNREACH
        _ => SocketError.SocketError,
    }));
}
