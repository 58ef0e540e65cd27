using PSNetLab.Engine.Native.Linux;

namespace PSNetLab.Engine.Http.Server;

/// <summary>
/// A file to append to while other programs may read, rename, truncate or delete it. Not safe for concurrent use.
/// </summary>
/// <remarks>
/// It is reopened by name once a second, so that lines go to the new file after a log rotation. This works on every
/// system, and needs no check of what happened to the old file.
/// </remarks>
internal sealed class AppendedFile : IDisposable
{
    private static readonly TimeSpan s_mostAge = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly TimeProvider _clock;
    private FileStream? _stream;
    private long _openedAt;

    /// <summary>Opens or creates the file.</summary>
    internal AppendedFile(string path, TimeProvider clock)
    {
        _path = path;
        _clock = clock;
        _stream = Open();
    }

    private long End => _stream?.Length ?? 0;

    /// <summary>Appends bytes, and returns how many were written: fewer than given if the disk filled up on the way.</summary>
    internal async ValueTask<int> AppendAsync(ReadOnlyMemory<byte> bytes)
    {
        if (_clock.GetElapsedTime(_openedAt) > s_mostAge)
        {
            Dispose();
        }

        _stream ??= Open();
        long before = End;
        try
        {
            // The end may have moved: other programs write to the file, or have truncated it.
            _stream.Position = before;
            await _stream.WriteAsync(bytes).ConfigureAwait(false);
            return bytes.Length;
        }
        catch (IOException) when (End > before)
        {
            return (int)Math.Min(End - before, bytes.Length);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _stream?.Dispose();
        _stream = null;
    }

    private FileStream Open()
    {
        FileStream stream;
        try
        {
            // A pipe opens for both at once, but for writing only when it has a reader (fifo(7)).
            stream = Open(OperatingSystem.IsWindows() ? FileAccess.Write : FileAccess.ReadWrite);
        }
        catch (UnauthorizedAccessException) when (!OperatingSystem.IsWindows())
        {
            stream = Open(FileAccess.Write);
        }

        if (!stream.CanSeek)
        {
            stream.Dispose();
            throw new IOException($"'{_path}' is not a regular file.");
        }

        if (OperatingSystem.IsLinux())
        {
            // With O_APPEND (open(2)), several servers can share a file without overwriting each other's lines.
            FileCalls.SetAppending(stream.SafeFileHandle);
        }

        _openedAt = _clock.GetTimestamp();
        return stream;
    }

    /// <summary>Opens or creates it without a buffer, so that bytes are in the file as soon as they are written.</summary>
    private FileStream Open(FileAccess access) => new(
        _path, FileMode.OpenOrCreate, access, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous);
}
