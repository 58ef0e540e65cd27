using System.Diagnostics;

namespace PSNetLab.Engine.Tests;

/// <summary>A fact that another program confirms; skipped where that is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ToolFactAttribute : FactAttribute
{
    public ToolFactAttribute(params string[] tools)
    {
        if (Array.Find(tools, tool => !Tool.Exists(tool)) is { } missing)
        {
            Skip = $"{missing} is not installed";
        }
    }
}

/// <inheritdoc/>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ToolTheoryAttribute : TheoryAttribute
{
    public ToolTheoryAttribute(params string[] tools)
    {
        if (Array.Find(tools, tool => !Tool.Exists(tool)) is { } missing)
        {
            Skip = $"{missing} is not installed";
        }
    }
}

/// <summary>Runs other programs.</summary>
internal static class Tool
{
    internal static bool Exists(string name) => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
        .Split(Path.PathSeparator).Append("/usr/sbin").Any(folder => File.Exists(Path.Join(folder, name)));

    /// <summary>What the program writes; fails, with its errors, unless it ends well.</summary>
    internal static async Task<string> RunAsync(string name, params string[] arguments)
    {
        ProcessStartInfo start = new(name, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = await process.StandardOutput.ReadToEndAsync().WaitAsync(Waiting.Limit * 3);
            await process.WaitForExitAsync().WaitAsync(Waiting.Limit * 3);
            Assert.True(process.ExitCode == 0, $"{name} {string.Join(' ', arguments)}: {output}{await errors}");
            return output;
        }
        finally
        {
            process.Kill();
        }
    }
}
