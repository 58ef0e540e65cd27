using System.Runtime.InteropServices;

namespace PSNetLab.Engine.Native.Linux;

/// <summary>The entries of a directory, by name alone (readdir(3)); the runtime would read the attributes of each.</summary>
internal static unsafe partial class DirectoryCalls
{
    /// <summary>Where the name is in an entry: after d_ino, d_off, d_reclen and d_type of struct dirent.</summary>
    internal static readonly int NameOffset = (2 * sizeof(nint)) + sizeof(ushort) + sizeof(byte);

    [LibraryImport(CLibrary.Name, EntryPoint = "opendir", SetLastError = true)]
    internal static partial nint Open(byte* path);

    [LibraryImport(CLibrary.Name, EntryPoint = "readdir")]
    internal static partial nint Read(nint directory);

    [LibraryImport(CLibrary.Name, EntryPoint = "dirfd")]
    internal static partial int Descriptor(nint directory);

    [LibraryImport(CLibrary.Name, EntryPoint = "closedir")]
    internal static partial int Close(nint directory);

    [LibraryImport(CLibrary.Name, EntryPoint = "readlinkat")]
    internal static partial nint ReadLink(int directory, byte* path, byte* buffer, nuint length);
}
