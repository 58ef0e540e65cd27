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
                (ref FileSystemEntry entry) => Look(root, entry.ToFullPath(), entry.FileName.ToString(), isLink: (entry.Attributes & FileAttributes.ReparsePoint) != 0),
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

    /// <returns>The entry; without a name when it is no file or folder, or a link out of the root.</returns>
    private static ListingEntry Look(WebRoot root, string fullPath, string name, bool isLink)
    {
        FilePath path = new(fullPath);
        FileStamp stamp = path.Stat();
        return stamp.Kind is FileKind.File or FileKind.Folder && (!isLink || root.Contains(path))
            ? new ListingEntry(name, stamp.Kind == FileKind.Folder, stamp.Kind == FileKind.File ? stamp.Length : 0, stamp.ModifiedUtc)
            : default;
    }
}
