using System.Globalization;

namespace PSNetLab.Engine.Tests;

/// <summary>So that what depends on the number of processors, which is fixed at the start of a process, runs in one of its own.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        if (arguments is not ["own-bytes", string seconds])
        {
            Console.Error.WriteLine("Usage: dotnet PSNetLab.Engine.Tests.dll own-bytes <seconds>");
            return 2;
        }

        OwnBytesRun run = new(TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)));
        await run.RunAsync();
        Console.WriteLine($"{run.Exchanges} exchanges, {run.Faults.Count} wrong");
        foreach (string fault in run.Faults.Take(10))
        {
            Console.WriteLine(fault);
        }

        return run.Faults.IsEmpty && run.Exchanges > 0 ? 0 : 1;
    }
}
