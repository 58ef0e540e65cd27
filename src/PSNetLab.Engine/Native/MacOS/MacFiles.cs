using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PSNetLab.Engine.Native.MacOS;

/// <summary>The real path of a file on macOS, with all links followed.</summary>
/// <remarks>
/// fcntl(2) with F_GETPATH returns the same. But fcntl is variadic, and Apple silicon passes the arguments of such
/// functions in a way that P/Invoke cannot.
/// </remarks>
internal static unsafe partial class MacFiles
{
    /// <summary>The bytes of struct vnode_fdinfowithpath of sys/proc_info.h, as 64-bit processes see it.</summary>
    internal const int Bytes = PathOffset + MostBytesOfPath;

    // After struct proc_fileinfo and struct vnode_info.
    internal const int PathOffset = 24 + 152;

    private const int MostBytesOfPath = 1024;
    private const int VnodePathFlavor = 2;

    /// <summary>The path of the open file; null if it has been deleted.</summary>
    [SupportedOSPlatform("macos")]
    internal static string? FinalPath(SafeFileHandle file)
    {
        byte* info = stackalloc byte[Bytes];
        int length = DescriptorInfo(Environment.ProcessId, (int)file.DangerousGetHandle(), VnodePathFlavor, info, Bytes);
        return ReadPath(new ReadOnlySpan<byte>(info, Math.Max(length, 0)));
    }

    /// <summary>The path in a struct vnode_fdinfowithpath.</summary>
    internal static string? ReadPath(ReadOnlySpan<byte> info)
    {
        if (info.Length < Bytes)
        {
            return null;
        }

        ReadOnlySpan<byte> path = info.Slice(PathOffset, MostBytesOfPath);
        int length = path.IndexOf((byte)0);
        return length > 0 ? Encoding.UTF8.GetString(path[..length]) : null;
    }

    [SupportedOSPlatform("macos")]
    [LibraryImport("libproc", EntryPoint = "proc_pidfdinfo", SetLastError = true)]
    private static partial int DescriptorInfo(int process, int descriptor, int flavor, byte* buffer, int bytes);
}
