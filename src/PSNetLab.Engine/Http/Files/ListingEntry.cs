namespace PSNetLab.Engine.Http.Files;

/// <summary>One file or folder in the listing of a folder.</summary>
/// <param name="Name">Its name, without a path.</param>
/// <param name="IsFolder">Whether it is a folder.</param>
/// <param name="Length">The size of a file in bytes; 0 for a folder.</param>
/// <param name="LastWriteTimeUtc">When it was last written.</param>
internal readonly record struct ListingEntry(string Name, bool IsFolder, long Length, DateTime LastWriteTimeUtc)
{
    internal static ListingEntry Of(ReadOnlySpan<char> name, in FileStamp stamp)
        => new(name.ToString(), stamp.Kind == FileKind.Folder, stamp.Kind == FileKind.File ? stamp.Length : 0, stamp.ModifiedUtc);
}
