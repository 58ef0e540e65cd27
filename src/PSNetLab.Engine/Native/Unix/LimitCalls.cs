using System.Runtime.InteropServices;

namespace PSNetLab.Engine.Native.Unix;

/// <summary>The limits of a process, on Linux and macOS (getrlimit(2)).</summary>
internal static unsafe partial class LimitCalls
{
    /// <summary>RLIMIT_NOFILE.</summary>
    private static readonly int s_openFiles = OperatingSystem.IsMacOS() ? 8 : 7;

    /// <summary>How many descriptors the process may have; null if the system does not say.</summary>
    internal static long? OpenFiles
    {
        get
        {
            // The soft limit, then the hard one.
            nuint* limits = stackalloc nuint[4];
            return !OperatingSystem.IsWindows() && GetLimit(s_openFiles, limits) == 0 ? (long)Math.Min(limits[0], int.MaxValue) : null;
        }
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, nuint* limits);
}
