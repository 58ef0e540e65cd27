using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using PSNetLab.Engine.Native.Linux;
using PSNetLab.Engine.Native.MacOS;
using PSNetLab.Engine.Native.Unix;
using PSNetLab.Engine.Native.Windows;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Files;

/// <summary>A path, encoded once for system calls.</summary>
internal sealed unsafe class FilePath
{
    private const int TypeMask = 0xF000, TypeFolder = 0x4000, TypeFile = 0x8000, TypeLink = 0xA000;

    private static readonly byte[] s_empty = [0];

    private readonly byte[] _native;

    internal FilePath(string text)
    {
        Text = text;
        _native = OperatingSystem.IsLinux() ? ByteText.Encode(text + '\0') : [];
    }

    internal string Text { get; }

    /// <summary>The path for people: bytes that are not UTF-8 are U+FFFD.</summary>
    internal string Readable => ByteText.Readable(Text);

    /// <summary>Whether the names of files may be any bytes, as <see cref="ByteText"/>.</summary>
    internal static bool TakesBytes => OpensFolders;

    /// <summary>The stamp of what is at the path now. Follows links.</summary>
    internal FileStamp Stat()
    {
        if (!FileCalls.HasStat)
        {
            return PortableStat();
        }

        StatX stat;
        fixed (byte* path = _native)
        {
            return FileCalls.Stat(FileCalls.CurrentFolder, path, 0, FileCalls.StatMask, &stat) == 0
                ? Stamp(stat)
                : Fault(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>The stamp of an open file.</summary>
    internal FileStamp Stat(SafeFileHandle file)
    {
        if (!FileCalls.HasStat)
        {
            return PortableStat() with { Length = RandomAccess.GetLength(file) };
        }

        StatX stat;
        fixed (byte* empty = s_empty)
        {
            return FileCalls.Stat(file, empty, FileCalls.EmptyPath, FileCalls.StatMask, &stat) == 0
                ? Stamp(stat)
                : Fault(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Opens a file for reading. The stamp belongs to the open file, whatever happens to the path meanwhile.</summary>
    /// <returns>Null if it cannot be opened; then the stamp says why.</returns>
    /// <exception cref="IOException">The system is at a limit, or the disk fails.</exception>
    internal SafeFileHandle? Open(out FileStamp stamp)
    {
        // Opening a device can have effects, so look first.
        stamp = Stat();
        if (stamp.Kind != FileKind.File)
        {
            return null;
        }

        SafeFileHandle? handle = OpenAny(out FileStamp fault);
        if (handle is null)
        {
            stamp = fault;
            return null;
        }

        stamp = Stat(handle);
        if (stamp.Kind != FileKind.File)
        {
            handle.Dispose();
            return null;
        }

        return handle;
    }

    /// <summary>Whether the system can open folders and look up names relative to them.</summary>
    internal static bool OpensFolders => FileCalls.HasStat;

    /// <summary>
    /// Opens a folder. The handle means the same folder whatever happens to the path. Null if the system or its permissions
    /// do not allow that.
    /// </summary>
    internal SafeFileHandle? OpenFolder() => OpensFolders ? OpenAny(out _) : null;

    /// <summary>The stamp of a name in an open folder. Does not follow links.</summary>
    internal static FileStamp StatIn(SafeFileHandle folder, byte* name)
    {
        StatX stat;
        return FileCalls.Stat(folder, name, FileCalls.NoFollow, FileCalls.StatMask, &stat) == 0 ? Stamp(stat) : FileStamp.Missing;
    }

    /// <summary>The path with all links followed, or that of an open file; null if it leads nowhere.</summary>
    internal string? Resolve(SafeFileHandle? handle = null)
    {
        if (OperatingSystem.IsWindows())
        {
            return WindowsFiles.FinalPath(Text, handle);
        }

        if (handle is not null && OperatingSystem.IsMacOS())
        {
            return MacFiles.FinalPath(handle);
        }

        const int MostBytes = 4096;
        byte* buffer = stackalloc byte[MostBytes + 1];
        if (handle is not null && OperatingSystem.IsLinux())
        {
            nint length = FileCalls.ReadLink($"/proc/self/fd/{handle.DangerousGetHandle()}", buffer, MostBytes);
            return length > 0 && length < MostBytes ? ByteText.Decode(new ReadOnlySpan<byte>(buffer, (int)length)) : null;
        }

        fixed (byte* path = OperatingSystem.IsLinux() ? _native : Encoding.UTF8.GetBytes(Text + '\0'))
        {
            return PathCalls.Resolve(path, buffer) is null
                ? null
                : ByteText.Decode(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(buffer));
        }
    }

    private SafeFileHandle? OpenAny(out FileStamp fault)
    {
        fault = default;
        if (OperatingSystem.IsLinux())
        {
            int descriptor;
            fixed (byte* path = _native)
            {
                descriptor = FileCalls.Open(path, FileCalls.OpenFlags);
            }

            if (descriptor >= 0)
            {
                return new SafeFileHandle(descriptor, ownsHandle: true);
            }

            fault = Fault(Marshal.GetLastPInvokeError());
            return null;
        }

        try
        {
            return File.OpenHandle(Text, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            fault = FileStamp.Missing;
        }
        catch (UnauthorizedAccessException)
        {
            fault = FileStamp.Denied;
        }

        return null;
    }

    private static FileStamp Stamp(in StatX stat) => new(
        (stat.Mode & TypeMask) switch
        {
            TypeFile => FileKind.File,
            TypeFolder => FileKind.Folder,
            TypeLink => FileKind.Link,
            _ => FileKind.Other,
        },
        stat.Device,
        stat.Inode,
        (long)stat.Size,
        Ticks(stat.ModifiedSeconds, stat.ModifiedNanoseconds),
        Ticks(stat.ChangedSeconds, stat.ChangedNanoseconds));

    // A file system can have times that are out of the range of DateTime.
    private static long Ticks(long seconds, uint nanoseconds)
        => DateTime.UnixEpoch.Ticks
        + (Math.Clamp(seconds, -60_000_000_000, 250_000_000_000) * TimeSpan.TicksPerSecond)
        + (nanoseconds / 100);

    private FileStamp Fault(int errno) => errno switch
    {
        Errno.ENOENT or Errno.ENOTDIR or Errno.ENAMETOOLONG or Errno.ELOOP or Errno.EINVAL => FileStamp.Missing,
        Errno.EACCES or Errno.EPERM => FileStamp.Denied,
        Errno.EMFILE or Errno.ENFILE
            => throw SocketFaults.NoDescriptors($"'{Text}' cannot be opened", "Raise the limit (ulimit -n) or lower -MaxConnections."),
        _ => throw new IOException($"'{Text}' cannot be read: {Marshal.GetPInvokeErrorMessage(errno)}"),
    };

    private FileStamp PortableStat()
    {
        FileSystemInfo info = new FileInfo(Text);
        if ((info.Attributes & FileAttributes.ReparsePoint) != 0 && info.Exists)
        {
            info = info.ResolveLinkTarget(returnFinalTarget: true) ?? info;
        }

        if (info is FileInfo { Exists: true } file)
        {
            return new FileStamp(FileKind.File, 0, 0, file.Length, file.LastWriteTimeUtc.Ticks, file.LastWriteTimeUtc.Ticks);
        }

        DirectoryInfo folder = new(Text);
        return folder.Exists ? new FileStamp(FileKind.Folder, 0, 0, 0, folder.LastWriteTimeUtc.Ticks, 0) : FileStamp.Missing;
    }
}
