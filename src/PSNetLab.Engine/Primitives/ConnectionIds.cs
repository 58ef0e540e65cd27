namespace PSNetLab.Engine.Primitives;

/// <summary>Numbers for connections of every kind, so that one tells a connection from all others of this process.</summary>
internal static class ConnectionIds
{
    private static int s_last;

    internal static int Next() => Interlocked.Increment(ref s_last);
}
