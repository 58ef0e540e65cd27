using System.Diagnostics;

namespace PSNetLab.Engine.Http.Stub;

/// <summary>Measures the time from each request to the next, on whatever connections they come.</summary>
internal sealed class RequestGaps
{
    private long _last;

    /// <summary>The time since the request before; null for the first.</summary>
    /// <param name="started">When the head of the request was complete, as a timestamp of Stopwatch.</param>
    internal TimeSpan? Take(long started)
    {
        // One thread may be told of its request later than another one of a request that came after it.
        long before = Volatile.Read(ref _last);
        while (before < started && Interlocked.CompareExchange(ref _last, started, before) is var now && now != before)
        {
            before = now;
        }

        return before == 0 ? null : Stopwatch.GetElapsedTime(Math.Min(before, started), started);
    }
}
