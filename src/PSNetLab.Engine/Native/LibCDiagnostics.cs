using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace PSNetLab.Engine.Native;

/// <summary>The system calls of Linux for asking about sockets (netlink(7), sock_diag(7), readdir(3), readlink(2)), of which some are of every Unix.</summary>
internal static unsafe partial class LibCDiagnostics
{
    internal const int FamilyNetlink = 16;
    internal const int TypeRaw = 3;
    internal const int SocketDiagnostics = 4;

    internal const int NotPermitted = 1;
    internal const int AccessDenied = 13;

    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "socket", SetLastError = true)]
    internal static partial int Socket(int family, int type, int protocol);

    [LibraryImport(Library, EntryPoint = "close")]
    internal static partial int Close(int descriptor);

    [LibraryImport(Library, EntryPoint = "send", SetLastError = true)]
    internal static partial nint Send(int socket, byte* data, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "recv", SetLastError = true)]
    internal static partial nint Receive(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int Control(SafeSocketHandle socket, int command);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Control(SafeSocketHandle socket, nuint request, int* value);

    [LibraryImport(Library, EntryPoint = "opendir", SetLastError = true)]
    internal static partial nint OpenDirectory(byte* path);

    [LibraryImport(Library, EntryPoint = "readdir")]
    internal static partial nint ReadDirectory(nint directory);

    [LibraryImport(Library, EntryPoint = "dirfd")]
    internal static partial int DirectoryDescriptor(nint directory);

    [LibraryImport(Library, EntryPoint = "closedir")]
    internal static partial int CloseDirectory(nint directory);

    [LibraryImport(Library, EntryPoint = "readlinkat")]
    internal static partial nint ReadLinkAt(int directory, byte* path, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "geteuid")]
    internal static partial uint EffectiveUser();

    [LibraryImport(Library, EntryPoint = "getpwuid_r")]
    internal static partial int GetUser(uint id, byte* entry, byte* buffer, nuint length, nint* result);
}
