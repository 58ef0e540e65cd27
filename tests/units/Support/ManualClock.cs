using Microsoft.Extensions.Time.Testing;

namespace PSNetLab.Engine.Tests;

/// <summary>A clock that a test moves on, and that knows how many waits there are.</summary>
internal sealed class ManualClock : FakeTimeProvider
{
    private int _timers;
    private int _started;

    /// <summary>How many there are. One that has just ended may still be counted.</summary>
    internal int Timers => Volatile.Read(ref _timers);

    /// <summary>How many there have been.</summary>
    internal int Started => Volatile.Read(ref _started);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Interlocked.Increment(ref _timers);
        Counted timer = new(this, base.CreateTimer(callback, state, dueTime, period));
        Interlocked.Increment(ref _started);
        return timer;
    }

    private sealed class Counted(ManualClock clock, ITimer timer) : ITimer
    {
        private int _isDisposed;

        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            {
                Interlocked.Decrement(ref clock._timers);
            }

            timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
