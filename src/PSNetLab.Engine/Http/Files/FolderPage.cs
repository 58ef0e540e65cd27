using System.Runtime.CompilerServices;

namespace PSNetLab.Engine.Http.Files;

/// <summary>The listing of a large folder, in pieces. All clients are sent the same object.</summary>
/// <param name="folder">The stamp of the folder, taken before its entries were read.</param>
/// <param name="digest">The <see cref="FolderDigest"/> of what it shows.</param>
/// <param name="pieces">The text.</param>
/// <param name="inUse">Counts the bytes of all pages that are being sent.</param>
internal sealed class FolderPage(FileStamp folder, byte[] digest, List<byte[]> pieces, StrongBox<long> inUse)
{
    private int _readers;
    private volatile Look? _lookedAt;

    internal FileStamp Folder => folder;

    internal ReadOnlySpan<byte> Digest => digest;

    internal IReadOnlyList<byte[]> Pieces => pieces;

    internal long Length { get; } = pieces.Sum(piece => (long)piece.Length);

    /// <summary>When it was last asked for, as <see cref="Environment.TickCount64"/>.</summary>
    internal long LastUsed { get; set; }

    /// <summary>When the page was last found to be current; null if the next request has to check again.</summary>
    internal Look? LookedAt
    {
        get => _lookedAt;
        set => _lookedAt = value;
    }

    /// <summary>Counts the page as being sent until the result is disposed.</summary>
    internal Use BeginUse()
    {
        if (Interlocked.Increment(ref _readers) == 1)
        {
            Interlocked.Add(ref inUse.Value, Length);
        }

        return new Use(this);
    }

    private void EndUse()
    {
        if (Interlocked.Decrement(ref _readers) == 0)
        {
            Interlocked.Add(ref inUse.Value, -Length);
        }
    }

    /// <summary>A check of a page against its folder.</summary>
    /// <param name="Time">When it began: a timestamp of the site's clock.</param>
    /// <param name="Folder">The stamp of the folder at that time.</param>
    internal sealed record Look(long Time, FileStamp Folder);

    internal readonly struct Use(FolderPage page) : IDisposable
    {
        public void Dispose() => page.EndUse();
    }
}
