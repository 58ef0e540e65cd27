namespace PSNetLab.Engine.IO;

/// <summary>
/// The switch that makes all sockets use the runtime's I/O, as on systems without epoll: to test that code, or to rule out
/// a bug in the epoll code.
/// </summary>
/// <remarks>The environment variable PSNETLAB_PORTABLE=1, or the AppContext switch PSNetLab.Portable; read once.</remarks>
internal static class PortableIO
{
    internal static bool IsOn { get; } = AppContext.TryGetSwitch("PSNetLab.Portable", out bool isOn)
        ? isOn
        : Environment.GetEnvironmentVariable("PSNETLAB_PORTABLE") == "1";
}
