using System.Runtime.InteropServices;

namespace PSNetLab.Engine.Native.Linux;

/// <summary>Tells which calls the C library of this system has: older ones lack some.</summary>
internal static class CLibrary
{
    internal const string Name = "libc";

    /// <summary>A process setting (<see cref="AppContext.GetData"/>): names of calls, separated by spaces, to treat as missing.</summary>
    internal const string WithoutSetting = "PSNetLab.CLibraryWithout";

    private static readonly string[] s_without = (AppContext.GetData(WithoutSetting) as string)?.Split(' ') ?? [];

    /// <summary>Whether the library has a call of this name. The answer never changes.</summary>
    internal static bool Has(string call)
        => OperatingSystem.IsLinux() && !s_without.Contains(call)
        && NativeLibrary.TryLoad(Name, typeof(CLibrary).Assembly, null, out nint library)
            && NativeLibrary.TryGetExport(library, call, out _);

    /// <summary>The exception that the runtime would throw for a missing call.</summary>
    internal static EntryPointNotFoundException Missing(string call) => new($"The C library has no '{call}'.");
}
