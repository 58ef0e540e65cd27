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

    // Also the lock. A wait that ended early stays until its time.
    private readonly PriorityQueue<PreciseDelay, long> _waiting = new();
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

            bool isFirst = !_waiting.TryPeek(out _, out long first) || due < first;
            _waiting.Enqueue(delay, due);
            if (isFirst)
            {
                Set(due);
            }

            return true;
        }
    }

    /// <summary>Called on the thread of the loop when the timer has expired.</summary>
    internal void OnExpired()
    {
        while (TryTake(out PreciseDelay? delay, out long due))
        {
            LoopThread.BeginTurn(Stopwatch.GetTimestamp() + LoopThread.LongestTurn);
            delay!.OnDue(due);
        }
    }

    private bool TryTake(out PreciseDelay? delay, out long due)
    {
        lock (_waiting)
        {
            if (!_waiting.TryPeek(out delay, out due))
            {
                return false;
            }

            if (due > Stopwatch.GetTimestamp())
            {
                Set(due);
                return false;
            }

            _waiting.Dequeue();
            return true;
        }
    }

    private void Set(long due)
        => TimerCalls.Set(_timer, (long)((due - Stopwatch.GetTimestamp()) * (1e9 / Stopwatch.Frequency)));
}
