namespace PSNetLab.Engine.Servers;

/// <summary>Tells the checks of deadlines that come too late to be fair.</summary>
/// <remarks>
/// A machine that stood still, or slept, finds every connection silent for too long, though what the peers have sent only waits
/// to be read. So such a check is left out, and the next one decides.
/// </remarks>
internal sealed class LateCheck(TimeProvider clock, TimeSpan period)
{
    private long _last = clock.GetTimestamp();
    private bool _wasLate;

    /// <summary>Called at every check: whether it is so late that it is left out. Two in a row never are.</summary>
    internal bool IsLate()
    {
        long now = clock.GetTimestamp();
        _wasLate = !_wasLate && clock.GetElapsedTime(_last, now) > 2 * period;
        _last = now;
        return _wasLate;
    }
}
