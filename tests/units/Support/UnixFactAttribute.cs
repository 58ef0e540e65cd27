namespace PSNetLab.Engine.Tests;

/// <summary>A fact about what Windows does not do, or not for everybody.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class UnixFactAttribute : FactAttribute
{
    public UnixFactAttribute()
    {
        if (OperatingSystem.IsWindows())
        {
            Skip = "Not on Windows";
        }
    }
}
