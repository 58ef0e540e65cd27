using System.Runtime.CompilerServices;

namespace PSNetLab.Engine.IO;

/// <summary>The rule of threads: what waits on a socket goes on where the event came, on the thread of an event loop.</summary>
/// <remarks>
/// That thread serves many others. Whoever has something slow to do awaits <see cref="Leave"/> first, and goes on in the thread pool. Nothing is needed to come back:
/// the next wait on a socket does that. What is slow says so with <see cref="AssertLeft"/>, so that a test finds whoever forgot to leave.
/// </remarks>
internal static class LoopThread
{
    private const string CheckSwitch = "PSNetLab.CheckThreads";

    private static readonly bool s_checks = AppContext.TryGetSwitch(CheckSwitch, out bool isOn) && isOn;

    [ThreadStatic]
    private static bool t_isCurrent;

    /// <summary>Whether this thread serves an event loop.</summary>
    internal static bool IsCurrent => t_isCurrent;

    /// <summary>Says that this thread serves an event loop from now on.</summary>
    internal static void Enter() => t_isCurrent = true;

    /// <summary>To be awaited before slow work: goes on at once elsewhere, and from an event loop in the thread pool.</summary>
    internal static Departure Leave() => default;

    /// <summary>Says that what follows is slow. Tests switch the check on; for users it costs nothing.</summary>
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
        public bool IsCompleted => !t_isCurrent;

        public Departure GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => ThreadPool.QueueUserWorkItem(static go => go(), continuation, preferLocal: false);

        public void UnsafeOnCompleted(Action continuation)
            => ThreadPool.UnsafeQueueUserWorkItem(static go => go(), continuation, preferLocal: false);
    }
}
