namespace PSNetLab.Engine.Messages;

/// <summary>Lets a reader of records wait for the sends in progress at that moment, however many follow them.</summary>
/// <remarks>
/// A record is written after the send it describes, but a client that has the answer must find the record. So the send
/// and the recording happen between <see cref="Begin"/> and <see cref="End"/>, and a reader calls <see cref="Wait"/> first. A send
/// that has to wait ends, and begins again before it goes on.
/// </remarks>
/// <param name="mostMilliseconds">How long a reader waits at most, for a send that does not end.</param>
internal sealed class Handover(int mostMilliseconds = 250)
{
    private readonly object _gate = new();
    private int _side;
    private int _first;
    private int _second;

    /// <summary>Call this before a send that will be recorded.</summary>
    /// <returns>What to pass to <see cref="End"/>.</returns>
    internal int Begin()
    {
        int side = Volatile.Read(ref _side);
        Interlocked.Increment(ref side == 0 ? ref _first : ref _second);
        return side;
    }

    /// <summary>Call this when the send was recorded, or will not be.</summary>
    internal void End(int side) => Interlocked.Decrement(ref side == 0 ? ref _first : ref _second);

    /// <summary>Waits for the sends in progress to be recorded, which takes no longer than a few system calls.</summary>
    internal void Wait()
    {
        if (Volatile.Read(ref _first) == 0 && Volatile.Read(ref _second) == 0)
        {
            return;
        }

        lock (_gate)
        {
            // Twice, because a send that read the side before it changed may be counted there only afterwards.
            long start = Environment.TickCount64;
            WaitForOneSide(start);
            WaitForOneSide(start);
        }
    }

    private void WaitForOneSide(long start)
    {
        // Sends that begin from now on are counted on the other side, so this side empties however busy the server is.
        int side = _side;
        Volatile.Write(ref _side, 1 - side);
        SpinWait spin = default;
        while (Volatile.Read(ref side == 0 ? ref _first : ref _second) != 0 && Environment.TickCount64 - start < mostMilliseconds)
        {
            spin.SpinOnce();
        }
    }
}
