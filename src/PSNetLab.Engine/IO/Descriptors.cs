using System.Diagnostics;
using System.Net.Sockets;
using PSNetLab.Engine.Native.Unix;

namespace PSNetLab.Engine.IO;

/// <summary>
/// The file descriptors of the process. Servers and checks leave the last ones to PowerShell, which cannot work without any.
/// </summary>
/// <remarks>
/// The system hands out the lowest free number (open(2)), so the number of the newest descriptor shows how many are in use,
/// without counting.
/// </remarks>
internal static class Descriptors
{
    /// <summary>How many are left when servers stop accepting connections.</summary>
    internal const int Reserve = 64;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    private static volatile bool s_areScarce;
    private static long s_limit = LimitCalls.OpenFiles ?? long.MaxValue;

    /// <summary>How many descriptors the process may have.</summary>
    internal static long Limit => Volatile.Read(ref s_limit);

    /// <summary>Whether no more than the reserve is left.</summary>
    internal static bool AreScarce => s_areScarce && AreScarceStill();

    /// <summary>Call this for each accepted socket.</summary>
    internal static void Note(Socket accepted) => Note(accepted.Handle);

    /// <summary>Call this for each socket that a check opens.</summary>
    internal static void Note(nint descriptor)
    {
        if (IsOfReserve(descriptor))
        {
            s_areScarce = true;
        }
    }

    /// <summary>Call this when the system refused to accept a socket because there are no descriptors left.</summary>
    internal static void NoteExhausted()
    {
        // The process limit may have changed. The system's limit may be lower, and frees up at its own pace.
        Volatile.Write(ref s_limit, LimitCalls.OpenFiles ?? long.MaxValue);
        s_areScarce = true;
    }

    /// <summary>
    /// Waits, at most so long, until more than the reserve is left: for what can do without one more connection for a while.
    /// </summary>
    internal static async ValueTask WaitForRoomAsync(TimeSpan most, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        while (AreScarce && Stopwatch.GetElapsedTime(began) < most)
        {
            await PauseAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A pause between two attempts to get one: others will end soon.</summary>
    internal static Task PauseAsync(CancellationToken cancellationToken) => Task.Delay(s_pause, cancellationToken);

    // Whether the next descriptor would belong to the reserve.
    private static bool IsOfReserve(nint descriptor) => descriptor >= Limit - Reserve - 1;

    private static bool AreScarceStill()
    {
        try
        {
            Volatile.Write(ref s_limit, LimitCalls.OpenFiles ?? long.MaxValue);
            using Socket next = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            s_areScarce = IsOfReserve(next.Handle);
        }
        catch (SocketException)
        {
            s_areScarce = true;
        }

        return s_areScarce;
    }
}
