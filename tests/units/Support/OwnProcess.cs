using System.Diagnostics;
using System.Globalization;

namespace PSNetLab.Engine.Tests;

/// <summary>
/// Runs part of a test in a process of its own, because it depends on settings that are fixed when a process starts. See
/// <see cref="Program"/>.
/// </summary>
internal static class OwnProcess
{
    /// <summary>Fails, with what the process wrote, unless it ends well.</summary>
    internal static async Task RunAsync(
        string[] arguments, int? processors = null, int? descriptors = null, bool? portable = null, string? zone = null)
    {
        string[] command = ["dotnet", typeof(OwnProcess).Assembly.Location, .. arguments];
        if (descriptors is { } most)
        {
            command = ["sh", "-c", $"ulimit -n {most}; exec \"$@\"", "sh", .. command];
        }

        ProcessStartInfo start = new(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_ROLL_FORWARD"] = "Major";
        if (processors is { } count)
        {
            start.Environment["DOTNET_PROCESSOR_COUNT"] = count.ToString("X", CultureInfo.InvariantCulture);
        }

        if (portable is { } isPortable)
        {
            start.Environment["PSNETLAB_PORTABLE"] = isPortable ? "1" : "0";
        }

        if (zone is not null)
        {
            start.Environment["TZ"] = zone;
        }

        using Process process = Process.Start(start)!;
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = await process.StandardOutput.ReadToEndAsync().WaitAsync(Waiting.Limit * 3);
            await process.WaitForExitAsync().WaitAsync(Waiting.Limit * 3);

            Assert.True(process.ExitCode == 0, output + await errors);
        }
        finally
        {
            process.Kill();
        }
    }
}
