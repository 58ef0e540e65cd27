using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PSNetLab.Engine.Native;

/// <summary>struct statx (statx(2)), as far as it is read here; it is the same on every processor.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct StatX
{
    [FieldOffset(28)]
    internal ushort Mode;

    [FieldOffset(32)]
    internal ulong Inode;

    [FieldOffset(40)]
    internal ulong Size;

    [FieldOffset(96)]
    internal long ChangedSeconds;

    [FieldOffset(104)]
    internal uint ChangedNanoseconds;

    [FieldOffset(112)]
    internal long ModifiedSeconds;

    [FieldOffset(120)]
    internal uint ModifiedNanoseconds;

    [FieldOffset(136)]
    internal ulong Device;
}

/// <summary>The system calls for files that the runtime does not offer in this form.</summary>
internal static unsafe partial class LibCFiles
{
    internal const int CurrentFolder = -100;
    internal const int EmptyPath = 0x1000;
    internal const int NoFollow = 0x100;

    // Type, mode, inode, size, times of modification and change.
    internal const uint StatMask = 0x1 | 0x2 | 0x100 | 0x200 | 0x40 | 0x80;

    // O_RDONLY, O_CLOEXEC, O_NOCTTY, and O_NONBLOCK, without which opening a named pipe would wait for its writer (open(2)).
    internal static readonly int OpenFlags = 0x80000 | 0x100 | 0x800 | LargeFile;

    internal const int InvalidArgument = 22;
    internal const int NotImplemented = 38;

    internal const int DoNotWait = 8;

    internal const uint CloseOnExecInMemory = 1;

    /// <summary>Whether there is <see cref="Stat(int, byte*, int, uint, StatX*)"/> (glibc 2.28, musl 1.2.5).</summary>
    internal static readonly bool HasStat = CLibrary.Has("statx");

    /// <summary>Whether there is <see cref="Read"/> (glibc 2.26, musl 1.2.5), with offsets of 64 bits: a process of 32 bits may have shorter ones.</summary>
    internal static readonly bool HasRead = Environment.Is64BitProcess && CLibrary.Has("preadv2");

    /// <summary>Whether there is <see cref="SendFile"/>, with offsets of 64 bits.</summary>
    internal static readonly bool HasSendFile = Environment.Is64BitProcess && CLibrary.Has("sendfile");

    /// <summary>Whether there is <see cref="OpenInMemory"/> (glibc 2.27, musl 1.1.20).</summary>
    internal static readonly bool HasOpenInMemory = CLibrary.Has("memfd_create");

    private const string Library = "libc";

    /// <summary>O_LARGEFILE, without which a process of 32 bits cannot open a file of 2 GiB or more. Elsewhere it goes without saying.</summary>
    private static int LargeFile => Environment.Is64BitProcess ? 0 : RuntimeInformation.ProcessArchitecture == Architecture.Arm ? 0x20000 : 0x8000;

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

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true)]
    private static partial int StatX(int folder, byte* path, int flags, uint mask, StatX* stat);

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true)]
    private static partial int StatX(SafeFileHandle file, byte* path, int flags, uint mask, StatX* stat);

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true)]
    internal static partial int Open(byte* path, int flags);

    [LibraryImport(Library, EntryPoint = "readlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint ReadLink(string path, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "realpath", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial byte* RealPath(string path, byte* buffer);

    [LibraryImport(Library, EntryPoint = "preadv2", SetLastError = true)]
    private static partial nint PReadV2(SafeFileHandle file, IoVector* vectors, int count, long offset, int flags);

    [LibraryImport(Library, EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MemFdCreate(string name, uint flags);

    [LibraryImport(Library, EntryPoint = "sendfile", SetLastError = true)]
    private static partial nint SendFileCall(SafeSocketHandle socket, SafeFileHandle file, long* offset, nuint count);
}
