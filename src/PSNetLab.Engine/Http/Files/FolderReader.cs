using System.IO.Enumeration;
using Microsoft.Win32.SafeHandles;

namespace PSNetLab.Engine.Http.Files;

/// <summary>Called for each entry of a folder.</summary>
/// <param name="name">The name of the entry, without a path.</param>
/// <param name="stamp">The stamp of the file or folder, with links followed.</param>
/// <returns>Whether to go on.</returns>
internal delegate bool EntryVisitor(ReadOnlySpan<char> name, in FileStamp stamp);

/// <summary>Reads the visible entries of a folder.</summary>
internal static class FolderReader
{
    private static readonly EnumerationOptions s_options = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    /// <summary>Visits the files and folders that can be requested.</summary>
    /// <returns>False if the folder cannot be read.</returns>
    internal static bool TryRead(WebRoot root, FilePath folder, EntryVisitor visit)
    {
        using SafeFileHandle? handle = folder.OpenFolder();
        if ((handle is null && FilePath.OpensFolders) || !root.Contains(folder, handle))
        {
            return false;
        }

        try
        {
            // The path may lead elsewhere by now, but the handle still means the folder that was checked.
            FileSystemEnumerable<bool> entries = new(
                handle is null ? folder.Text : $"/proc/self/fd/{handle.DangerousGetHandle()}",
                (ref FileSystemEntry entry) => Show(root, folder, handle, entry.FileName, visit),
                s_options)
            {
                ShouldIncludePredicate = (ref FileSystemEntry entry) => root.IsServed(entry.FileName),
            };
            foreach (bool goesOn in entries)
            {
                if (!goesOn)
                {
                    break;
                }
            }
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            return false;
        }

        return handle is not null || root.Contains(folder);
    }

    private static bool Show(WebRoot root, FilePath folder, SafeFileHandle? handle, ReadOnlySpan<char> name, EntryVisitor visit)
    {
        FileStamp stamp = handle is null ? new FileStamp(FileKind.Link, 0, 0, 0, 0, 0) : FilePath.StatIn(handle, name);
        if (stamp.Kind == FileKind.Link)
        {
            FilePath path = new(Path.Join(folder.Text, name));
            stamp = root.Contains(path) ? path.Stat() : FileStamp.Missing;
        }

        return stamp.Kind is not (FileKind.File or FileKind.Folder) || visit(name, stamp);
    }
}
