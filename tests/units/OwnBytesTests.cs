using System.Diagnostics;
using System.Globalization;

namespace PSNetLab.Engine.Tests;

/// <summary>Every client gets its own bytes, whatever others do, and however many event loops there are.</summary>
public class OwnBytesTests
{
    private const int Seconds = 2;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public async Task Every_client_gets_its_own_bytes(int loops)
    {
        ProcessStartInfo start = new("dotnet", [typeof(OwnBytesTests).Assembly.Location, "own-bytes", $"{Seconds}"]) { RedirectStandardOutput = true };
        start.Environment["DOTNET_PROCESSOR_COUNT"] = (2 * loops).ToString("X", CultureInfo.InvariantCulture);
        start.Environment["DOTNET_ROLL_FORWARD"] = "Major";
        using Process process = Process.Start(start)!;
        try
        {
            string output = await process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));

            Assert.True(process.ExitCode == 0, output);
        }
        finally
        {
            process.Kill();
        }
    }
}
