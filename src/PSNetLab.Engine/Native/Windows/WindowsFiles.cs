using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PSNetLab.Engine.Native.Windows;

/// <summary>The real path of a file on Windows, with all links followed.</summary>
internal static unsafe partial class WindowsFiles
{
    private const uint ShareAll = 7;
    private const uint OpenExisting = 3;
    private const uint BackupSemantics = 0x02000000; // without it, folders cannot be opened
    private const string LongPrefix = @"\\?\";
    private const string LongNetworkPrefix = @"\\?\UNC\";

    /// <summary>The path with all links followed (GetFinalPathNameByHandleW); null if there is none.</summary>
    internal static string? FinalPath(string path, SafeFileHandle? handle)
    {
        if (handle is null)
        {
            using SafeFileHandle opened = CreateFile(path, 0, ShareAll, 0, OpenExisting, BackupSemantics, 0);
            return opened.IsInvalid ? null : FinalPath(path, opened);
        }

        const int MostCharacters = 32768;
        char[] buffer = new char[MostCharacters];
        uint length;
        fixed (char* start = buffer)
        {
            length = GetFinalPathName(handle, start, MostCharacters, 0);
        }

        if (length is 0 or > MostCharacters)
        {
            return null;
        }

        string final = new(buffer, 0, (int)length);
        return final.StartsWith(LongNetworkPrefix, StringComparison.Ordinal) ? @"\\" + final[LongNetworkPrefix.Length..]
            : final.StartsWith(LongPrefix, StringComparison.Ordinal) ? final[LongPrefix.Length..]
            : final;
    }

    [LibraryImport("kernel32", EntryPoint = "CreateFileW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial SafeFileHandle CreateFile(
        string path, uint access, uint share, nint security, uint disposition, uint flags, nint template);

    [LibraryImport("kernel32", EntryPoint = "GetFinalPathNameByHandleW", SetLastError = true)]
    private static partial uint GetFinalPathName(SafeFileHandle file, char* buffer, uint length, uint flags);
}
