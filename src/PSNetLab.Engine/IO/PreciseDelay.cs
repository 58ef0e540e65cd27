using System.Diagnostics;

namespace PSNetLab.Engine.IO;

/// <summary>
/// Lets one waiter continue at a point in time, or earlier if something else has happened. On Linux it continues on the thread of an
/// event loop, a small part of a millisecond late; elsewhere in the thread pool, as exactly as the runtime's timers are.
/// </summary>
internal sealed class PreciseDelay : IDisposable
{
    /// <summary>A point in time that never comes.</summary>
    internal const long Never = long.MaxValue;

    internal const int NoPlace = -1;

    private readonly Readiness _signal = new();
    private readonly EpollLoop? _loop = EpollLoop.IsSupported ? EpollLoop.Next() : null;
    private Timer? _timer;
    private long _due = Never;

    /// <summary>The place in the <see cref="DelayHeap"/> that it is in, and the time by which it is there. Both are the heap's.</summary>
    internal int Place { get; set; } = NoPlace;

    /// <inheritdoc cref="Place"/>
    internal long Ends { get; set; }

    /// <summary>Only for the timers of its loop, under their lock.</summary>
    internal bool IsDisposed { get; set; }

    /// <summary>Call this before looking at what <see cref="Wake"/> tells of, so that nothing is missed.</summary>
    internal void Clear() => _signal.Clear();

    /// <summary>Waits until then, or until <see cref="Wake"/>, which may have come since the last <see cref="Clear"/>.</summary>
    /// <param name="due">A timestamp of Stopwatch.</param>
    internal ValueTask UntilAsync(long due)
    {
        Volatile.Write(ref _due, due);
        long now = Stopwatch.GetTimestamp();
        if (due <= now)
        {
            return default;
        }

        if (due != Never && _loop?.Timers.TryAdd(this, due) != true)
        {
            _timer ??= new Timer(static self => ((PreciseDelay)self!)._signal.Signal(), this, Timeout.Infinite, Timeout.Infinite);
            double wait = Stopwatch.GetElapsedTime(now, due).TotalMilliseconds;
            _timer.Change((long)Math.Min(Math.Ceiling(wait), int.MaxValue), Timeout.Infinite);
        }

        return _signal.WaitAsync(CancellationToken.None);
    }

    /// <summary>Lets the waiter look again, from any thread.</summary>
    internal void Wake() => _signal.Signal();

    /// <summary>Nobody may wait any more. Whoever is about to must be woken as well.</summary>
    public void Dispose()
    {
        _loop?.Timers.Remove(this);
        _timer?.Dispose();
    }

    /// <summary>Called by the loop. An earlier wait may have ended before its time.</summary>
    internal void OnDue(long due)
    {
        if (Volatile.Read(ref _due) == due)
        {
            _signal.Signal();
        }
    }
}
