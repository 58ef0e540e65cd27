using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace PSNetLab.Engine.Primitives;

/// <summary>The threading rule: after waiting on a socket, code continues on the thread of the event loop that got the event.</summary>
/// <remarks>
/// That thread serves many other sockets. Before slow work, await <see cref="Leave"/> and continue in the thread pool.
/// Coming back needs nothing: the next wait on a socket does that. Slow code calls <see cref="AssertLeft"/>, so that a
/// test finds a caller that forgot to leave. Work that may go on for long, because a peer keeps sending, asks now and then whether its
/// turn is over, and then lets others go first (Transport.NextTurnAsync).
/// </remarks>
internal static class LoopThread
{
    private const string CheckSwitch = "PSNetLab.CheckThreads";

    private static readonly bool s_checks = AppContext.TryGetSwitch(CheckSwitch, out bool isOn)
        ? isOn
        : Environment.GetEnvironmentVariable("PSNETLAB_CHECK_THREADS") == "1";

    [ThreadStatic]
    private static bool t_isCurrent;

    [ThreadStatic]
    private static bool t_isShared;

    [ThreadStatic]
    private static long t_turnEnds;

    /// <summary>How long a turn may take, in ticks of <see cref="Stopwatch"/>: half a millisecond.</summary>
    internal static long LongestTurn { get; } = Stopwatch.Frequency / 2000;

    /// <summary>After a turn that was used up, so many short ones show that a connection has little to do again.</summary>
    internal const int ShortTurnsToBeModest = 4;

    /// <summary>Whether this thread serves an event loop.</summary>
    internal static bool IsCurrent => t_isCurrent;

    /// <summary>Marks this thread as the thread of an event loop.</summary>
    internal static void Enter() => t_isCurrent = t_isShared = true;

    /// <summary>Whether others wait for the work on this thread, here or in the thread pool.</summary>
    internal static bool IsShared
    {
        set => t_isShared = value;
    }

    /// <summary>Says that a turn begins on this thread, and when it has to end.</summary>
    internal static void BeginTurn(long ends) => t_turnEnds = ends;

    /// <summary>Whether the work on this event loop must let others go first.</summary>
    internal static bool IsTurnOver => t_isCurrent && Stopwatch.GetTimestamp() >= t_turnEnds;

    /// <summary>
    /// Await this before slow work. Where others wait, on an event loop or in a turn of
    /// the thread pool, it continues elsewhere in the pool.
    /// </summary>
    internal static Departure Leave() => default;

    /// <summary>Call this before slow code. Tests switch the check on; for users it costs nothing.</summary>
    internal static void AssertLeft([CallerMemberName] string? work = null)
    {
        if (s_checks && t_isCurrent)
        {
            throw new InvalidOperationException($"{work} is slow, and this thread serves an event loop. Await LoopThread.Leave() first.");
        }
    }

    /// <summary>What <see cref="Leave"/> awaits.</summary>
    internal readonly struct Departure : ICriticalNotifyCompletion
    {
        public bool IsCompleted => !t_isShared;

        public Departure GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => ThreadPool.QueueUserWorkItem(static go => go(), continuation, preferLocal: false);

        public void UnsafeOnCompleted(Action continuation)
            => ThreadPool.UnsafeQueueUserWorkItem(static go => go(), continuation, preferLocal: false);
    }
}
