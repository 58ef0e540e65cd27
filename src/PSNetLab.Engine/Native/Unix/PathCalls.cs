using System.Runtime.InteropServices;

namespace PSNetLab.Engine.Native.Unix;

/// <summary>Paths on Linux and macOS.</summary>
internal static unsafe partial class PathCalls
{
    /// <summary>Writes a path with all links followed into a buffer of PATH_MAX bytes (realpath(3)); null if it does not exist.</summary>
    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true)]
    internal static partial byte* Resolve(byte* path, byte* buffer);
}
