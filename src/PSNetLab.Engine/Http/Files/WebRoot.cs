using Microsoft.Win32.SafeHandles;

namespace PSNetLab.Engine.Http.Files;

/// <summary>The folder that a web server serves. Nothing outside it can be opened.</summary>
/// <remarks>
/// A path is checked twice: its names before anything is opened, and then the real place of the open file, as the system reports
/// it. On Linux, macOS and Windows, the second check holds whatever links there are and whatever changes meanwhile. Other systems
/// can only say where the path leads.
/// </remarks>
internal sealed class WebRoot
{
    private const int MostSegments = 255;

    private static readonly StringComparison s_comparison
        = OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;

    /// <summary>Compares paths as the system usually does: only on Linux, case matters.</summary>
    internal static readonly StringComparer PathComparer = StringComparer.FromComparison(s_comparison);

    private readonly bool _includeHidden;
    private readonly bool _followLinks;
    private readonly FilePath _path;

    // An object, so that threads see both of its values or neither.
    private RealFolder? _real;

    internal WebRoot(string path, bool includeHidden, bool followLinks)
    {
        _path = new FilePath(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        _includeHidden = includeHidden;
        _followLinks = followLinks;
        LocalDevice = IsLocal ? _path.Stat().Device : null;
    }

    /// <summary>The device number of the folder; null if it may be on a network.</summary>
    internal ulong? LocalDevice { get; }

    // Only Linux has event loops, which must not wait for a network.
    private bool IsLocal
        => !OperatingSystem.IsLinux() || new DriveInfo(_path.Text).DriveType is DriveType.Fixed or DriveType.Ram or DriveType.Removable;

    /// <summary>The path of the folder, without a separator at its end unless it is the root of a file system.</summary>
    internal string Folder => _path.Text;

    /// <summary>
    /// The path on disk for the decoded path of a URL ("/" and segments); null if one of its names is never served.
    /// </summary>
    internal FilePath? Map(string urlPath)
    {
        int segments = 0;
        foreach (Range range in new PathSegments(urlPath))
        {
            if (!IsServed(urlPath.AsSpan(range)) || ++segments > MostSegments)
            {
                return null;
            }
        }

        string relative = PathSegments.WithoutEmpty(urlPath).TrimStart('/');
        return relative.Length == 0
            ? _path
            : new FilePath(Path.Join(_path.Text, OperatingSystem.IsWindows() ? relative.Replace('/', '\\') : relative));
    }

    /// <summary>
    /// Whether a file or folder with this name is served: it is not hidden, a request can contain it, and on Windows it has no
    /// other meaning.
    /// </summary>
    internal bool IsServed(ReadOnlySpan<char> name)
        => !name.ContainsAnyInRange('\u0000', '\u001F') && !name.ContainsAnyInRange('\u007F', '\u009F') // PathFault.ForbiddenCharacter
        && (_includeHidden || name[0] != '.' || name.SequenceEqual(".well-known")) // not meant to be hidden (RFC 8615)
        && (!OperatingSystem.IsWindows() || WindowsNames.IsPlain(name));

    /// <summary>Opens a file for reading.</summary>
    /// <returns>Null if it cannot be opened or is not inside the root; then the stamp says why.</returns>
    internal SafeFileHandle? Open(FilePath path, out FileStamp stamp)
    {
        SafeFileHandle? handle = path.Open(out stamp);
        if (handle is not null && !Contains(path, handle))
        {
            handle.Dispose();
            stamp = FileStamp.Missing;
            return null;
        }

        return handle;
    }

    /// <summary>Opens a file for reading if it still has this stamp; otherwise null.</summary>
    internal SafeFileHandle? Open(FilePath path, FileStamp expected)
    {
        SafeFileHandle? handle = Open(path, out FileStamp stamp);
        if (handle is null || stamp == expected)
        {
            return handle;
        }

        handle.Dispose();
        return null;
    }

    /// <summary>Whether a path, or the file that was opened with it, is inside the root after all links are followed.</summary>
    internal bool Contains(FilePath path, SafeFileHandle? handle = null)
    {
        if (_followLinks)
        {
            return true;
        }

        string? target = path.Resolve(handle);
        string? root = RealRoot();
        return target is not null && root is not null && target.StartsWith(root, s_comparison)
            && (target.Length == root.Length || Path.EndsInDirectorySeparator(root) || target[root.Length] == Path.DirectorySeparatorChar);
    }

    /// <summary>The real path of the root, with all links followed. Looked up again if another folder has taken its place.</summary>
    private string? RealRoot()
    {
        FileStamp stamp = _path.Stat();
        if (_real is not { } known || known.Stamp.Inode != stamp.Inode || known.Stamp.Device != stamp.Device || stamp.Inode == 0)
        {
            if (_path.Resolve() is not { } path)
            {
                return null;
            }

            _real = known = new RealFolder(stamp, path);
        }

        return known.Path;
    }

    private sealed record RealFolder(FileStamp Stamp, string Path);
}
