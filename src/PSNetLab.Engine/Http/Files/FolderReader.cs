using System.IO.Enumeration;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using PSNetLab.Engine.Native.Linux;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Files;

/// <summary>Called for each entry of a folder.</summary>
/// <param name="name">The name of the entry, without a path.</param>
/// <param name="stamp">The stamp of the file or folder, with links followed.</param>
/// <returns>Whether to go on.</returns>
internal delegate bool EntryVisitor(ReadOnlySpan<char> name, in FileStamp stamp);

/// <summary>Reads the visible entries of a folder.</summary>
internal static class FolderReader
{
    // Of Linux; a name has 255 bytes, and on some file systems more.
    private const int MostNameBytes = 1024;

    // Looked up by its path, as a link is.
    private static readonly FileStamp s_unknown = new(FileKind.Link, 0, 0, 0, 0, 0);

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

        if (handle is not null)
        {
            return TryReadNames(root, folder, handle, visit);
        }

        try
        {
            FileSystemEnumerable<bool> entries = new(
                folder.Text,
                (ref FileSystemEntry entry) => Show(root, folder, entry.FileName, s_unknown, visit),
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

        return root.Contains(folder);
    }

    /// <summary>Reads an open folder by the bytes of its names; the runtime would lose those that are not UTF-8.</summary>
    private static unsafe bool TryReadNames(WebRoot root, FilePath folder, SafeFileHandle handle, EntryVisitor visit)
    {
        // The path may lead elsewhere by now, but the handle still means the folder that was checked.
        nint directory;
        fixed (byte* path = Encoding.ASCII.GetBytes($"/proc/self/fd/{handle.DangerousGetHandle()}\0"))
        {
            directory = DirectoryCalls.Open(path);
        }

        if (directory == 0)
        {
            return false;
        }

        try
        {
            Span<char> text = stackalloc char[MostNameBytes];
            while (DirectoryCalls.Read(directory) is not 0 and nint entry)
            {
                byte* name = (byte*)entry + DirectoryCalls.NameOffset;
                ReadOnlySpan<byte> bytes = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name);
                if (bytes.Length > MostNameBytes || bytes.SequenceEqual("."u8) || bytes.SequenceEqual(".."u8))
                {
                    continue;
                }

                ReadOnlySpan<char> decoded = text[..ByteText.Decode(bytes, text)];
                if (root.IsServed(decoded) && !Show(root, folder, decoded, FilePath.StatIn(handle, name), visit))
                {
                    break;
                }
            }
        }
        finally
        {
            _ = DirectoryCalls.Close(directory);
        }

        return true;
    }

    private static bool Show(WebRoot root, FilePath folder, ReadOnlySpan<char> name, FileStamp stamp, EntryVisitor visit)
    {
        if (stamp.Kind == FileKind.Link)
        {
            FilePath path = new(Path.Join(folder.Text, name));
            stamp = root.Contains(path) ? path.Stat() : FileStamp.Missing;
        }

        return stamp.Kind is not (FileKind.File or FileKind.Folder) || visit(name, stamp);
    }
}
