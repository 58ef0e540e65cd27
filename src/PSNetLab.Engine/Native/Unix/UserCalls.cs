using System.Runtime.InteropServices;

namespace PSNetLab.Engine.Native.Unix;

/// <summary>Users on Linux and macOS (geteuid(2), getpwuid_r(3)).</summary>
internal static unsafe partial class UserCalls
{
    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "geteuid")]
    internal static partial uint EffectiveUser();

    [LibraryImport(Library, EntryPoint = "getpwuid_r")]
    internal static partial int Find(uint id, byte* entry, byte* buffer, nuint length, nint* result);
}
