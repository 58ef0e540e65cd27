namespace PSNetLab.Engine.Primitives;

/// <summary>Writes a file whole or not at all: beside its place first.</summary>
/// <remarks>Only its owner may read it, because nobody knows what of that which peers said is secret.</remarks>
internal sealed class WholeFile : IDisposable
{
    private const int BufferBytes = 64 * 1024;

    private readonly string _path;
    private readonly string _beside;
    private bool _isDone;

    private WholeFile(string path, string beside, FileStream stream) => (_path, _beside, Stream) = (path, beside, stream);

    internal FileStream Stream { get; }

    /// <param name="path">Its place; a file that is there is replaced.</param>
    /// <param name="write">Writes its content.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be written.</exception>
    internal static void Write(string path, Action<FileStream> write)
    {
        using WholeFile file = Create(path);
        write(file.Stream);
        file.Commit(replace: true);
    }

    /// <summary>Begins a file that is written in several steps.</summary>
    /// <inheritdoc cref="Write"/>
    internal static WholeFile Create(string path)
    {
        string beside = $"{path}.{Guid.NewGuid():N}.tmp";
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = BufferBytes };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new WholeFile(path, beside, new FileStream(beside, options));
    }

    /// <summary>Puts the file in its place.</summary>
    /// <param name="replace">Whether to replace a file that is there.</param>
    /// <exception cref="IOException">There is a file, or it cannot be replaced.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be replaced.</exception>
    internal void Commit(bool replace)
    {
        Stream.Dispose();
        File.Move(_beside, _path, replace);
        _isDone = true;
    }

    /// <summary>Removes what was written, unless it was put in its place.</summary>
    public void Dispose()
    {
        if (_isDone)
        {
            return;
        }

        _isDone = true;
        try
        {
            Stream.Dispose();
        }
        catch (IOException)
        {
            // There is no room for the rest, which nobody wants any more.
        }
        finally
        {
            File.Delete(_beside);
        }
    }
}
