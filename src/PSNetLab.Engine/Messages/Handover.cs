namespace PSNetLab.Engine.Messages;

/// <summary>Lets whoever looks for what a sending leaves behind wait for the sendings that are going on at that moment, and for no later ones.</summary>
/// <remarks>
/// Something is told after it was done, but whoever has seen it done is to find it told. So the doing and the telling are
/// enclosed in <see cref="Begin"/> and <see cref="End"/>, neither of which ever waits, and whoever looks calls <see cref="Wait"/> first.
/// </remarks>
internal sealed class Handover
{
    private const int MostMilliseconds = 250;

    private readonly object _gate = new();
    private int _side;
    private int _first;
    private int _second;

    /// <summary>Says that something is being done which will be told.</summary>
    /// <returns>What to give to <see cref="End"/>.</returns>
    internal int Begin()
    {
        int side = Volatile.Read(ref _side);
        Interlocked.Increment(ref side == 0 ? ref _first : ref _second);
        return side;
    }

    /// <summary>Says that it has been told, or will not be.</summary>
    internal void End(int side) => Interlocked.Decrement(ref side == 0 ? ref _first : ref _second);

    /// <summary>Waits until all that has begun by now has ended: as long as a call of the system that does not wait.</summary>
    internal void Wait()
    {
        if (Volatile.Read(ref _first) == 0 && Volatile.Read(ref _second) == 0)
        {
            return;
        }

        lock (_gate)
        {
            // What begins from here on counts on the other side, so that this one runs dry however busy the server is.
            int side = _side;
            Volatile.Write(ref _side, 1 - side);
            long start = Environment.TickCount64;
            SpinWait spin = default;
            while (Volatile.Read(ref side == 0 ? ref _first : ref _second) != 0 && Environment.TickCount64 - start < MostMilliseconds)
            {
                spin.SpinOnce();
            }
        }
    }
}
