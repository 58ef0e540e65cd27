using System.Runtime;

namespace PSNetLab.Commands;

/// <summary>
/// Keeps the runtime from collecting garbage while a large burst of datagrams arrives, where the system's buffer is too
/// small to outlast a pause.
/// </summary>
/// <remarks>
/// The whole process is held, so this is only for who was refused a larger buffer. Of 200,000 datagrams at full speed, a
/// buffer of 4 MiB lost 4,700 to 12,200 to collections, and none while they were held; one of 16 MiB lost none either way.
/// </remarks>
internal sealed class CollectionHold : IDisposable
{
    private const int WorthIt = 10_000;
    private const long BytesPerMessage = 1024;
    private const long MostBytes = 240 * 1024 * 1024;

    private readonly int _collections = GC.CollectionCount(0);

    private CollectionHold()
    {
    }

    /// <summary>Holds collections while that many datagrams are received; null if they are few, or if the runtime refuses.</summary>
    internal static CollectionHold? TryStart(int messages)
    {
        // Asking again while somebody holds them fails, and ends that hold.
        if (messages < WorthIt || GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
        {
            return null;
        }

        try
        {
            return GC.TryStartNoGCRegion(Math.Min(messages * BytesPerMessage, MostBytes)) ? new() : null;
        }
        catch (Exception error) when (error is ArgumentOutOfRangeException or InvalidOperationException)
        {
            return null; // more than this process may have, or somebody else is holding them
        }
    }

    /// <summary>Lets the runtime collect again, unless a collection has ended the hold before: what is held now is not ours.</summary>
    public void Dispose()
    {
        if (GCSettings.LatencyMode == GCLatencyMode.NoGCRegion && GC.CollectionCount(0) == _collections)
        {
            GC.EndNoGCRegion();
        }
    }
}
