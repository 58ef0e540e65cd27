using System.Net.Sockets;
using PSNetLab.Engine.Native.Unix;

namespace PSNetLab.Engine.IO;

/// <summary>The file descriptors of the process. Servers leave the last of them to PowerShell, which cannot go on without.</summary>
/// <remarks>The system gives the lowest free number (open(2)), so the number of the last one tells enough: nothing has to be counted.</remarks>
internal static class Descriptors
{
    /// <summary>How many are left when servers take no more connections.</summary>
    internal const int Reserve = 64;

    private static volatile bool s_areScarce;
    private static long s_limit = LimitCalls.OpenFiles ?? long.MaxValue;

    /// <summary>How many descriptors the process may have.</summary>
    internal static long Limit => Volatile.Read(ref s_limit);

    /// <summary>Whether no more than the reserve is left.</summary>
    internal static bool AreScarce => s_areScarce && AreScarceStill();

    /// <summary>To be told of each accepted socket.</summary>
    internal static void Note(Socket accepted)
    {
        if (IsOfReserve(accepted.Handle))
        {
            s_areScarce = true;
        }
    }

    /// <summary>To be told that the system has refused one.</summary>
    internal static void NoteExhausted()
    {
        // The limit may have changed; that of the system may be lower, and then it frees itself in its own time.
        Volatile.Write(ref s_limit, LimitCalls.OpenFiles ?? long.MaxValue);
        s_areScarce = true;
    }

    // The next one would be of the reserve.
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
