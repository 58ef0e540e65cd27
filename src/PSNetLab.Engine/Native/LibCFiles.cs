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
    internal const int OpenFlags = 0x80000 | 0x100 | 0x800;

    internal const int InvalidArgument = 22;
    internal const int NotImplemented = 38;

    internal const int DoNotWait = 8;

    internal const uint CloseOnExecInMemory = 1;

    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true)]
    internal static partial int Stat(int folder, byte* path, int flags, uint mask, StatX* stat);

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true)]
    internal static partial int Stat(SafeFileHandle file, byte* path, int flags, uint mask, StatX* stat);

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true)]
    internal static partial int Open(byte* path, int flags);

    [LibraryImport(Library, EntryPoint = "readlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint ReadLink(string path, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "realpath", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial byte* RealPath(string path, byte* buffer);

    [LibraryImport(Library, EntryPoint = "preadv2", SetLastError = true)]
    internal static partial nint Read(SafeFileHandle file, IoVector* vectors, int count, long offset, int flags);

    [LibraryImport(Library, EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int OpenInMemory(string name, uint flags);

    [LibraryImport(Library, EntryPoint = "sendfile", SetLastError = true)]
    internal static partial nint SendFile(SafeSocketHandle socket, SafeFileHandle file, long* offset, nuint count);
}
