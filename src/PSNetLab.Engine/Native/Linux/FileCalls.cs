using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PSNetLab.Engine.Native.Linux;

/// <summary>The system calls for files that the runtime does not offer in this form.</summary>
internal static unsafe partial class FileCalls
{
    internal const int CurrentFolder = -100;
    internal const int EmptyPath = 0x1000;
    internal const int NoFollow = 0x100;

    // Type, mode, inode, size, times of modification and change.
    internal const uint StatMask = 0x1 | 0x2 | 0x100 | 0x200 | 0x40 | 0x80;

    // O_RDONLY, O_CLOEXEC, O_NOCTTY, and O_NONBLOCK, without which opening a named pipe would wait for its writer (open(2)).
    internal static readonly int OpenFlags = 0x80000 | 0x100 | 0x800 | Abi.Current.LargeFile;

    internal const int DoNotWait = 8;

    internal const uint CloseOnExecInMemory = 1;

    private const int SetStatusFlags = 4;
    private const int Append = 0x400;

    /// <summary>Whether <see cref="Stat(int, byte*, int, uint, StatX*)"/> exists (glibc 2.28, musl 1.2.5).</summary>
    internal static readonly bool HasStat = CLibrary.Has("statx");

    /// <summary>
    /// Whether <see cref="Read"/> exists (glibc 2.26, musl 1.2.5) with 64-bit offsets. A 32-bit process may have shorter
    /// ones.
    /// </summary>
    internal static readonly bool HasRead = Abi.Current.Is64Bit && CLibrary.Has("preadv2");

    /// <summary>Whether <see cref="SendFile"/> exists with 64-bit offsets.</summary>
    internal static readonly bool HasSendFile = Abi.Current.Is64Bit && CLibrary.Has("sendfile");

    /// <summary>Whether <see cref="OpenInMemory"/> exists (glibc 2.27, musl 1.1.20).</summary>
    internal static readonly bool HasOpenInMemory = CLibrary.Has("memfd_create");

    /// <summary>Makes every write go to the end of a file, wherever that is by then (O_APPEND).</summary>
    internal static void SetAppending(SafeFileHandle file) => _ = Control(file, SetStatusFlags, Append);

    internal static int Stat(int folder, byte* path, int flags, uint mask, StatX* stat)
        => HasStat ? StatX(folder, path, flags, mask, stat) : throw CLibrary.Missing("statx");

    internal static int Stat(SafeFileHandle file, byte* path, int flags, uint mask, StatX* stat)
        => HasStat ? StatX(file, path, flags, mask, stat) : throw CLibrary.Missing("statx");

    internal static nint Read(SafeFileHandle file, IoVector* vectors, int count, long offset, int flags)
        => HasRead ? PReadV2(file, vectors, count, offset, flags) : throw CLibrary.Missing("preadv2");

    internal static nint SendFile(SafeSocketHandle socket, SafeFileHandle file, long* offset, nuint count)
        => HasSendFile ? SendFileCall(socket, file, offset, count) : throw CLibrary.Missing("sendfile");

    internal static int OpenInMemory(string name, uint flags)
        => HasOpenInMemory ? MemFdCreate(name, flags) : throw CLibrary.Missing("memfd_create");

    [LibraryImport(CLibrary.Name, EntryPoint = "statx", SetLastError = true)]
    private static partial int StatX(int folder, byte* path, int flags, uint mask, StatX* stat);

    [LibraryImport(CLibrary.Name, EntryPoint = "statx", SetLastError = true)]
    private static partial int StatX(SafeFileHandle file, byte* path, int flags, uint mask, StatX* stat);

    [LibraryImport(CLibrary.Name, EntryPoint = "open", SetLastError = true)]
    internal static partial int Open(byte* path, int flags);

    [LibraryImport(CLibrary.Name, EntryPoint = "readlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint ReadLink(string path, byte* buffer, nuint length);

    [LibraryImport(CLibrary.Name, EntryPoint = "preadv2", SetLastError = true)]
    private static partial nint PReadV2(SafeFileHandle file, IoVector* vectors, int count, long offset, int flags);

    [LibraryImport(CLibrary.Name, EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MemFdCreate(string name, uint flags);

    [LibraryImport(CLibrary.Name, EntryPoint = "sendfile", SetLastError = true)]
    private static partial nint SendFileCall(SafeSocketHandle socket, SafeFileHandle file, long* offset, nuint count);

    [LibraryImport(CLibrary.Name, EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, int command, int flags);
}
