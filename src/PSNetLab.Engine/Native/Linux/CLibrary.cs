using System.Runtime.InteropServices;

namespace PSNetLab.Engine.Native.Linux;

/// <summary>What the C library of this system offers: older ones lack some calls.</summary>
internal static class CLibrary
{
    internal const string Name = "libc";

    /// <summary>Setting of the process (<see cref="AppContext.GetData"/>): names of calls, with spaces between them, to be done without as if they were missing.</summary>
    internal const string WithoutSetting = "PSNetLab.CLibraryWithout";

    private static readonly string[] s_without = (AppContext.GetData(WithoutSetting) as string)?.Split(' ') ?? [];

    /// <summary>Whether there is a call of this name. Ask once: it stays so.</summary>
    internal static bool Has(string call)
        => OperatingSystem.IsLinux() && !s_without.Contains(call)
        && NativeLibrary.TryLoad(Name, typeof(CLibrary).Assembly, null, out nint library) && NativeLibrary.TryGetExport(library, call, out _);

    /// <summary>What the runtime throws for a call that is missing.</summary>
    internal static EntryPointNotFoundException Missing(string call) => new($"The C library has no '{call}'.");
}
