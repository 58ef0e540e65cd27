using System.IO.Enumeration;

namespace PSNetLab.Engine;

/// <summary>Reads what a folder shows of itself.</summary>
internal static class FolderReader
{
    private static readonly EnumerationOptions s_options = new() { AttributesToSkip = 0, IgnoreInaccessible = true };

    /// <summary>The files and folders that can be asked for; null when the folder cannot be read.</summary>
    internal static List<ListingEntry>? Read(WebRoot root, FilePath folder)
    {
        List<ListingEntry> entries = [];
        try
        {
            FileSystemEnumerable<ListingEntry> found = new(
                folder.Text,
                (ref FileSystemEntry entry) => (entry.Attributes & FileAttributes.ReparsePoint) == 0
                    ? new ListingEntry(entry.FileName.ToString(), entry.IsDirectory, entry.IsDirectory ? 0 : entry.Length, entry.LastWriteTimeUtc.UtcDateTime)
                    : FollowLink(root, entry.ToFullPath(), entry.FileName.ToString()),
                s_options)
            {
                ShouldIncludePredicate = (ref FileSystemEntry entry) => root.IsServed(entry.FileName),
            };
            foreach (ListingEntry entry in found)
            {
                if (entry.Name is not null)
                {
                    entries.Add(entry);
                }
            }
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            return null;
        }

        // The folder may have become a link to another one meanwhile.
        return root.Contains(folder) ? entries : null;
    }

    private static ListingEntry FollowLink(WebRoot root, string fullPath, string name)
    {
        FilePath path = new(fullPath);
        FileStamp stamp = path.Stat();
        return stamp.Kind is FileKind.File or FileKind.Folder && root.Contains(path)
            ? new ListingEntry(name, stamp.Kind == FileKind.Folder, stamp.Kind == FileKind.File ? stamp.Length : 0, stamp.ModifiedUtc)
            : default;
    }
}
