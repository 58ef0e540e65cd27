namespace PSNetLab.Engine.Tests;

/// <summary>What a call allocates on the heap.</summary>
internal static class Allocation
{
    /// <summary>Bytes of one call, once whatever is made only the first time is there.</summary>
    internal static long Of(Action action)
    {
        action();
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
