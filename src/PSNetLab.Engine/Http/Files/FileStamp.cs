namespace PSNetLab.Engine.Http.Files;

/// <summary>What a path leads to.</summary>
internal enum FileKind
{
    Missing,
    Denied,
    File,
    Folder,

    /// <summary>A link that was not followed.</summary>
    Link,

    /// <summary>A device, a pipe, a socket.</summary>
    Other,
}

/// <summary>What identifies a version of a file: if two stamps are equal, so is the content.</summary>
/// <param name="Kind">File, folder or something else.</param>
/// <param name="Device">The number of the file system; 0 if the system does not have one.</param>
/// <param name="Inode">The number of the file in it; 0 if the system does not have one.</param>
/// <param name="Length">The size in bytes.</param>
/// <param name="Modified">When the content changed, in ticks, UTC.</param>
/// <param name="Changed">When anything about the file changed, in ticks, UTC. Programs can set
/// <paramref name="Modified"/>, but not this.</param>
internal readonly record struct FileStamp(FileKind Kind, ulong Device, ulong Inode, long Length, long Modified, long Changed)
{
    // The coarsest clock of a file system: FAT counts in steps of two seconds.
    private const long CoarsestClock = 2 * TimeSpan.TicksPerSecond;

    internal static readonly FileStamp Missing = new(FileKind.Missing, 0, 0, 0, 0, 0);
    internal static readonly FileStamp Denied = new(FileKind.Denied, 0, 0, 0, 0, 0);

    internal DateTime ModifiedUtc => new(Modified, DateTimeKind.Utc);

    /// <summary>Whether the last change is so recent that another one might leave the stamp as it is.</summary>
    internal bool MayChangeUnnoticed(TimeProvider clock) => clock.GetUtcNow().Ticks - Math.Max(Modified, Changed) < CoarsestClock;
}
