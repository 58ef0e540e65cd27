using System.Runtime.InteropServices;

namespace PSNetLab.Engine.Native.Linux;

/// <summary>timerfd_create(2): a timer that epoll waits for, precise to well below a millisecond.</summary>
internal static unsafe partial class TimerCalls
{
    private const int Monotonic = 1;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>A new timer; negative, with errno set, if there is none.</summary>
    internal static int Create() => Create(Monotonic, NonBlocking | CloseOnExec);

    /// <summary>Lets a timer expire once, so many nanoseconds from now, and not as set before. Only for 64-bit processes.</summary>
    internal static void Set(int timer, long nanoseconds)
    {
        // struct itimerspec: the interval, then the first expiry, each in seconds and nanoseconds.
        (long seconds, long rest) = Math.DivRem(Math.Max(nanoseconds, 1), NanosecondsPerSecond);
        long* times = stackalloc long[4] { 0, 0, seconds, rest };
        _ = Set(timer, 0, times, null);
    }

    [LibraryImport(CLibrary.Name, EntryPoint = "timerfd_create", SetLastError = true)]
    private static partial int Create(int clock, int flags);

    [LibraryImport(CLibrary.Name, EntryPoint = "timerfd_settime", SetLastError = true)]
    private static partial int Set(int timer, int flags, long* value, long* before);
}
