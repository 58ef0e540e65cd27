using Microsoft.Win32.SafeHandles;

namespace PSNetLab.Engine.Http.Files;

/// <summary>The folder a web server serves, and nothing outside of it.</summary>
/// <remarks>
/// A path is judged twice: its names before anything is opened, and, once it is open, where the system says that the opened file
/// really is. The second look cannot be fooled by links or by what somebody changes in between, on Linux, macOS and Windows; other
/// systems only tell where the path leads.
/// </remarks>
internal sealed class WebRoot
{
    private const int MostSegments = 255;

    private static readonly StringComparison s_comparison = OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;

    /// <summary>Tells paths apart as the system does.</summary>
    internal static readonly StringComparer PathComparer = StringComparer.FromComparison(s_comparison);

    private readonly bool _includeHidden;
    private readonly bool _followLinks;
    private readonly FilePath _path;

    // An object, because several threads look at it at a time.
    private RealFolder? _real;

    internal WebRoot(string path, bool includeHidden, bool followLinks)
    {
        _path = new FilePath(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        _includeHidden = includeHidden;
        _followLinks = followLinks;
        LocalDevice = IsLocal ? _path.Stat().Device : null;
    }

    /// <summary>The file system of the folder; null when it is one that may have to ask a network.</summary>
    internal ulong? LocalDevice { get; }

    // Only Linux has threads that must not wait for it.
    private bool IsLocal
        => !OperatingSystem.IsLinux() || new DriveInfo(_path.Text).DriveType is DriveType.Fixed or DriveType.Ram or DriveType.Removable;

    /// <summary>The folder, without a separator at its end unless it is the root of a file system.</summary>
    internal string Folder => _path.Text;

    /// <summary>
    /// The path on disk of the decoded path of a URL ("/" and segments); null when its names are such that nothing is
    /// served there.
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
        return relative.Length == 0 ? _path : new FilePath(Path.Join(_path.Text, OperatingSystem.IsWindows() ? relative.Replace('/', '\\') : relative));
    }

    /// <summary>
    /// Whether a file or folder of this name may be shown: it is not hidden, a request can name it, and on Windows it
    /// means nothing but itself.
    /// </summary>
    internal bool IsServed(ReadOnlySpan<char> name)
        => !name.ContainsAnyInRange('\u0000', '\u001F') && !name.ContainsAnyInRange('\u007F', '\u009F') // PathFault.ForbiddenCharacter
        && (_includeHidden || name[0] != '.' || name.SequenceEqual(".well-known")) // RFC 8615 names are meant to be asked for
        && (!OperatingSystem.IsWindows() || WindowsNames.IsPlain(name));

    /// <summary>Opens a file for reading.</summary>
    /// <returns>Null, and a stamp that says why, when there is none, or when it is not inside the root.</returns>
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

    /// <summary>Opens a file for reading if it is still the one with this stamp; null when it is not.</summary>
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

    /// <summary>Whether a path, or the file that was opened by it, lies inside the root once all links are followed.</summary>
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

    /// <summary>Where the root is when all links are followed. Asked anew when another folder has taken its place.</summary>
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
