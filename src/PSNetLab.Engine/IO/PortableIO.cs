namespace PSNetLab.Engine.IO;

/// <summary>The switch that has all sockets served through the runtime, as on systems without epoll: to test that, or to rule out a fault of the faster way.</summary>
/// <remarks>The environment variable PSNETLAB_PORTABLE=1, or the AppContext switch PSNetLab.Portable; read once.</remarks>
internal static class PortableIO
{
    internal static bool IsOn { get; } = AppContext.TryGetSwitch("PSNetLab.Portable", out bool isOn)
        ? isOn
        : Environment.GetEnvironmentVariable("PSNETLAB_PORTABLE") == "1";
}
