namespace PSNetLab.Engine.Servers;

/// <summary>Tells the checks of deadlines that come too late to be fair.</summary>
/// <remarks>
/// A machine that stood still, or slept, finds every connection silent for too long, though what the peers have sent only waits
/// to be read. So such a check is left out, as is what a timer makes up for at once, and the next one decides.
/// </remarks>
internal sealed class LateCheck(TimeProvider clock, TimeSpan period)
{
    private readonly object _gate = new(); // a timer may call again while a call lasts
    private long _last = clock.GetTimestamp();
    private long? _leftOut;

    /// <summary>Begins to check again and again, except when it is too late to be fair.</summary>
    internal static ITimer Repeat(Action check, TimeProvider clock, TimeSpan period)
    {
        LateCheck late = new(clock, period);
        return clock.CreateTimer(
            _ =>
            {
                if (!late.IsLate())
                {
                    check();
                }
            },
            null,
            period,
            period);
    }

    /// <summary>Called at every check: whether it is left out. The first that comes half a period after such a one never is.</summary>
    internal bool IsLate()
    {
        lock (_gate)
        {
            long now = clock.GetTimestamp();
            TimeSpan since = clock.GetElapsedTime(_last, now);
            _last = now;
            if (_leftOut is { } leftOut)
            {
                bool isSoon = clock.GetElapsedTime(leftOut, now) < period / 2;
                _leftOut = isSoon ? leftOut : null;
                return isSoon;
            }

            _leftOut = since > 2 * period ? now : null;
            return _leftOut is not null;
        }
    }
}
