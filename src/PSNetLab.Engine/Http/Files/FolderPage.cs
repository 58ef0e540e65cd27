using System.Runtime.CompilerServices;

namespace PSNetLab.Engine.Http.Files;

/// <summary>The listing of a large folder, in pieces. Everyone who asks for it is sent the same one.</summary>
/// <param name="digest">What it shows, as a <see cref="FolderDigest"/>.</param>
/// <param name="pieces">The text.</param>
/// <param name="inUse">The bytes of all pages that are being sent.</param>
internal sealed class FolderPage(byte[] digest, List<byte[]> pieces, StrongBox<long> inUse)
{
    private int _readers;
    private volatile Look? _lookedAt;

    internal ReadOnlySpan<byte> Digest => digest;

    internal IReadOnlyList<byte[]> Pieces => pieces;

    internal long Length { get; } = pieces.Sum(piece => (long)piece.Length);

    /// <summary>When it was last asked for.</summary>
    internal long LastUsed { get; set; }

    /// <summary>When all that it shows was last seen to be so; null if that says nothing about now.</summary>
    internal Look? LookedAt
    {
        get => _lookedAt;
        set => _lookedAt = value;
    }

    /// <summary>Says that the page is being sent, until the result is disposed of.</summary>
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

    /// <summary>A look at the entries of a folder.</summary>
    /// <param name="Time">The time before it, a timestamp of the site's clock.</param>
    /// <param name="Folder">The stamp of the folder before it.</param>
    internal sealed record Look(long Time, FileStamp Folder);

    internal readonly struct Use(FolderPage page) : IDisposable
    {
        public void Dispose() => page.EndUse();
    }
}
