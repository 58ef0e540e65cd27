using System.Diagnostics;
using PSNetLab.Engine.Native.Linux;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.IO;

/// <summary>What waits for a point in time on an <see cref="EpollLoop"/>: one timer of the system for all.</summary>
/// <param name="open">Opens the timer, when it is first needed; negative if there is none.</param>
internal sealed class LoopTimers(Func<int> open)
{
    private const int NotOpen = -1;
    private const int Refused = -2;

    // How long delays are served before the sockets of the loop have their turns.
    private static readonly long s_longestRound = Stopwatch.Frequency / 1000;

    // Also the lock. A delay that was woken early stays until its time, or until it is disposed of.
    private readonly DelayHeap _waiting = new();
    private int _timer = NotOpen;

    /// <summary>Signals a delay at a point in time, from the thread of the loop.</summary>
    /// <returns>False if the system has no timer for it.</returns>
    internal bool TryAdd(PreciseDelay delay, long due)
    {
        lock (_waiting)
        {
            if (_timer == NotOpen)
            {
                _timer = Abi.Current.Is64Bit ? Math.Max(open(), Refused) : Refused;
            }

            if (_timer < 0)
            {
                _timer = Refused;
                return false;
            }

            if (delay.IsDisposed)
            {
                return true; // and it was woken
            }

            _waiting.Put(delay, due);
            if (_waiting.First == delay)
            {
                Set(due);
            }

            return true;
        }
    }

    /// <summary>Forgets a delay, for good.</summary>
    internal void Remove(PreciseDelay delay)
    {
        lock (_waiting)
        {
            delay.IsDisposed = true;
            _waiting.Remove(delay);
        }
    }

    /// <summary>Called on the thread of the loop when the timer has expired.</summary>
    /// <remarks>
    /// What comes due meanwhile has to wait: delays that come faster than they are served would keep the sockets of the loop from
    /// their turns for ever.
    /// </remarks>
    internal void OnExpired()
    {
        long start = Stopwatch.GetTimestamp();
        for (long now = start; TryTake(start, isOver: now - start > s_longestRound, out PreciseDelay? delay, out long due);)
        {
            LoopThread.BeginTurn(now + LoopThread.LongestTurn);
            delay!.OnDue(due);
            now = Stopwatch.GetTimestamp();
        }
    }

    private bool TryTake(long start, bool isOver, out PreciseDelay? delay, out long due)
    {
        lock (_waiting)
        {
            delay = _waiting.First;
            due = delay?.Ends ?? 0;
            if (delay is null)
            {
                return false;
            }

            if (isOver || due > start)
            {
                Set(due);
                return false;
            }

            _waiting.Remove(delay);
            return true;
        }
    }

    private void Set(long due)
        => TimerCalls.Set(_timer, (long)((due - Stopwatch.GetTimestamp()) * (1e9 / Stopwatch.Frequency)));
}
