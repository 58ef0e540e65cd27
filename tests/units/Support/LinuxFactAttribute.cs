namespace PSNetLab.Engine.Tests;

/// <summary>A fact about what only Linux does.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
        {
            Skip = "Only on Linux";
        }
    }
}
