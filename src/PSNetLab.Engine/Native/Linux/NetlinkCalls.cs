using System.Runtime.InteropServices;

namespace PSNetLab.Engine.Native.Linux;

/// <summary>netlink(7), whose sockets the runtime does not know.</summary>
internal static unsafe partial class NetlinkCalls
{
    private const int Family = 16;
    private const int TypeRaw = 3;
    private const int SocketDiagnostics = 4;

    /// <summary>A socket for queries about sockets (sock_diag(7)); negative if the kernel does not support it.</summary>
    internal static int OpenSocketDiagnostics() => Socket(Family, TypeRaw | SocketCalls.CloseOnExec, SocketDiagnostics);

    [LibraryImport(CLibrary.Name, EntryPoint = "close")]
    internal static partial int Close(int descriptor);

    [LibraryImport(CLibrary.Name, EntryPoint = "send", SetLastError = true)]
    internal static partial nint Send(int socket, byte* data, nuint length, int flags);

    [LibraryImport(CLibrary.Name, EntryPoint = "recv", SetLastError = true)]
    internal static partial nint Receive(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport(CLibrary.Name, EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int family, int type, int protocol);
}
