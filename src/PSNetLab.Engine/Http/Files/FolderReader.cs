using System.IO.Enumeration;
using Microsoft.Win32.SafeHandles;

namespace PSNetLab.Engine.Http.Files;

/// <summary>Reads the visible entries of a folder.</summary>
internal static class FolderReader
{
    private static readonly EnumerationOptions s_options = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    /// <summary>The files and folders that can be requested; null if the folder cannot be read.</summary>
    internal static List<ListingEntry>? Read(WebRoot root, FilePath folder)
    {
        using SafeFileHandle? handle = folder.OpenFolder();
        if (handle is null && FilePath.OpensFolders)
        {
            return null;
        }

        List<ListingEntry> entries = [];
        try
        {
            // Through its handle, the folder is the one that is checked below, wherever the path leads by now.
            FileSystemEnumerable<ListingEntry> found = new(
                handle is null ? folder.Text : $"/proc/self/fd/{handle.DangerousGetHandle()}",
                (ref FileSystemEntry entry) => Look(root, folder, handle, entry.FileName),
                s_options)
            {
                ShouldIncludePredicate = (ref FileSystemEntry entry) => root.IsServed(entry.FileName),
            };
            entries.AddRange(found.Where(entry => entry.Name is not null));
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            return null;
        }

        return root.Contains(folder, handle) ? entries : null;
    }

    /// <returns>The entry; without a name if it is not a file or folder, or is a link out of the root.</returns>
    private static ListingEntry Look(WebRoot root, FilePath folder, SafeFileHandle? handle, ReadOnlySpan<char> name)
    {
        FileStamp stamp = handle is null ? new FileStamp(FileKind.Link, 0, 0, 0, 0, 0) : FilePath.StatIn(handle, name);
        if (stamp.Kind == FileKind.Link)
        {
            FilePath path = new(Path.Join(folder.Text, name));
            stamp = root.Contains(path) ? path.Stat() : FileStamp.Missing;
        }

        return stamp.Kind is FileKind.File or FileKind.Folder
            ? new ListingEntry(name.ToString(), stamp.Kind == FileKind.Folder, stamp.Kind == FileKind.File ? stamp.Length : 0, stamp.ModifiedUtc)
            : default;
    }
}
