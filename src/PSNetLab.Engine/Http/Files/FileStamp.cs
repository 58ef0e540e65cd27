namespace PSNetLab.Engine.Http.Files;

/// <summary>What there is under a path.</summary>
internal enum FileKind
{
    Missing,
    Denied,
    File,
    Folder,

    /// <summary>A link, where it was not to be followed.</summary>
    Link,

    /// <summary>A device, a pipe, a socket.</summary>
    Other,
}

/// <summary>What the system says of a file: as long as two stamps are equal, the content is the same.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Device">The file system, and <paramref name="Inode"/> the file in it, where the system has such numbers.</param>
/// <param name="Inode">The number of the file.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Modified">When the content changed, in ticks, UTC.</param>
/// <param name="Changed">When anything about the file changed, in ticks, UTC; unlike <paramref name="Modified"/>, no
/// program can set it back.</param>
internal readonly record struct FileStamp(FileKind Kind, ulong Device, ulong Inode, long Length, long Modified, long Changed)
{
    // Coarser than the clock of any file system: FAT counts in two seconds.
    private const long CoarsestClock = 2 * TimeSpan.TicksPerSecond;

    internal static readonly FileStamp Missing = new(FileKind.Missing, 0, 0, 0, 0, 0);
    internal static readonly FileStamp Denied = new(FileKind.Denied, 0, 0, 0, 0, 0);

    internal DateTime ModifiedUtc => new(Modified, DateTimeKind.Utc);

    /// <summary>Whether a further change could leave the stamp as it is, because the last one was just now.</summary>
    internal bool MayChangeUnnoticed(TimeProvider clock) => clock.GetUtcNow().Ticks - Math.Max(Modified, Changed) < CoarsestClock;
}
