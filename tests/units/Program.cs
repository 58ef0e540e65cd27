using System.Globalization;
using PSNetLab.Engine.Native.Linux;

namespace PSNetLab.Engine.Tests;

/// <summary>
/// The parts of tests that need a process of their own, because they depend on settings that are fixed when a process
/// starts. See <see cref="OwnProcess"/>.
/// </summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        switch (arguments)
        {
            case ["own-bytes", string seconds]:
                return await RunOwnBytesAsync(double.Parse(seconds, CultureInfo.InvariantCulture));
            case ["old-c-library", string missing]:
                AppContext.SetData(CLibrary.WithoutSetting, missing);
                await OldCLibraryRun.RunAsync();
                return 0;
            case ["few-descriptors", string isPortable]:
                await FewDescriptorsRun.RunAsync(bool.Parse(isPortable));
                return 0;
            case ["clock-change"]:
                ClockChangeRun.Run();
                return 0;
            case ["floods"]:
                return await FloodRun.RunAsync();
            default:
                Console.Error.WriteLine("Usage: dotnet PSNetLab.Engine.Tests.dll own-bytes <seconds> | old-c-library \"<call> …\" | "
                    + "few-descriptors <is portable> | clock-change | floods");
                return 2;
        }
    }

    private static async Task<int> RunOwnBytesAsync(double seconds)
    {
        OwnBytesRun run = new(TimeSpan.FromSeconds(seconds));
        await run.RunAsync();
        Console.WriteLine($"{run.Exchanges} exchanges, {run.Faults.Count} wrong");
        foreach (string fault in run.Faults.Take(10))
        {
            Console.WriteLine(fault);
        }

        return run.Faults.IsEmpty && run.Exchanges > 0 ? 0 : 1;
    }
}
