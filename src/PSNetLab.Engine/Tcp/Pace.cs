namespace PSNetLab.Engine.Tcp;

/// <summary>How fast bytes may be sent over one connection: in pieces, at most so many bytes a second.</summary>
/// <param name="bytesPerSecond">The bytes of a second.</param>
/// <param name="clock">The clock.</param>
internal sealed class Pace(int bytesPerSecond, TimeProvider clock)
{
    private const int PiecesPerSecond = 20;
    private const int MostBytes = 64 * 1024;

    private long _next;

    /// <summary>The most bytes of a piece.</summary>
    internal int PieceBytes { get; } = Math.Clamp(bytesPerSecond / PiecesPerSecond, 1, MostBytes);

    internal TimeProvider Clock => clock;

    /// <summary>Counts a piece that is to be sent, and returns how long to wait before.</summary>
    internal TimeSpan Take(int bytes)
    {
        // A timer may fire late, and what it lost that way is made up for. A connection that was silent has no more than that, too.
        long now = clock.GetTimestamp();
        long from = Math.Max(_next, now - (clock.TimestampFrequency / PiecesPerSecond));
        _next = from + (long)((double)bytes / bytesPerSecond * clock.TimestampFrequency);
        return from > now ? clock.GetElapsedTime(now, from) : TimeSpan.Zero;
    }
}
