namespace PSNetLab.Engine.Tests;

/// <summary>A theory about what only Linux does.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute()
    {
        if (!OperatingSystem.IsLinux())
        {
            Skip = "Only on Linux";
        }
    }
}
