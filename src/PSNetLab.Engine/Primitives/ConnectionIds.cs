namespace PSNetLab.Engine.Primitives;

/// <summary>Numbers for connections of every kind, unique in this process.</summary>
internal static class ConnectionIds
{
    private static int s_last;

    internal static int Next() => Interlocked.Increment(ref s_last);
}
