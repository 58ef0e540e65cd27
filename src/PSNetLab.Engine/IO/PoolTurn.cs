using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.IO;

/// <summary>The turns of one connection in the thread pool: what <see cref="LoopThread.IsTurnOver"/> is on an event loop.</summary>
/// <remarks>
/// Whoever used up a turn continues in a queue that never has more than half of the processors. After each turn, the rest of the
/// pool's work goes first.
/// </remarks>
internal sealed class PoolTurn
{
    // A thread that the system stops for a while must not look like one that worked for so long.
    private const int ReadsPerLook = 16;

    private static readonly ConcurrentQueue<Action> s_waiting = new();
    private static readonly int s_mostRunners = Math.Max(1, Environment.ProcessorCount / 2);
    private static int s_waitingOrRunning;

    private long _ends;
    private int _longTurns;
    private int _reads;

    internal bool IsOver => Stopwatch.GetTimestamp() >= _ends;

    /// <summary>Continues after a wait.</summary>
    /// <param name="hasWaited">Whether it really waited; if not, the turn goes on.</param>
    internal ValueTask ContinueAsync(bool hasWaited)
    {
        if (!hasWaited)
        {
            return ++_reads % ReadsPerLook == 0 && IsOver ? NextAsync() : default;
        }

        _reads = 0;
        if (_longTurns > 0)
        {
            _longTurns--;
            return QueueAsync();
        }

        Begin();
        return default;
    }

    /// <summary>Continues in another turn, after others.</summary>
    internal ValueTask NextAsync()
    {
        _longTurns = LoopThread.ShortTurnsToBeModest;
        return QueueAsync();
    }

    private async ValueTask QueueAsync()
    {
        await default(InQueue);
        Begin();
    }

    private void Begin() => _ends = Stopwatch.GetTimestamp() + LoopThread.LongestTurn;

    private static void Add(Action continuation)
    {
        s_waiting.Enqueue(continuation);
        if (Interlocked.Increment(ref s_waitingOrRunning) <= s_mostRunners)
        {
            StartRunner();
        }
    }

    private static void StartRunner() => ThreadPool.UnsafeQueueUserWorkItem(static _ => RunOne(), null);

    private static void RunOne()
    {
        try
        {
            _ = s_waiting.TryDequeue(out Action? next);
            LoopThread.IsShared = true;
            next!();
        }
        finally
        {
            LoopThread.IsShared = false;
            if (Interlocked.Decrement(ref s_waitingOrRunning) >= s_mostRunners)
            {
                StartRunner();
            }
        }
    }

    /// <summary>Awaits the head of the queue.</summary>
    private readonly struct InQueue : ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public InQueue GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => Add(continuation);

        public void UnsafeOnCompleted(Action continuation) => Add(continuation);
    }
}
