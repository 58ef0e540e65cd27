using PSNetLab.Engine.Primitives;

namespace PSNetLab.Commands;

/// <summary>A file that a cmdlet writes: whole or not at all, and not over another without -Force.</summary>
/// <param name="path">Its place.</param>
/// <param name="force">Whether a file that is there is replaced.</param>
internal sealed class NewFile(string path, bool force) : IDisposable
{
    private WholeFile? _file;

    /// <summary>Its place.</summary>
    internal string Path => path;

    /// <summary>Where to write.</summary>
    internal Stream Stream => _file!.Stream;

    /// <summary>Begins it, beside its place.</summary>
    /// <exception cref="NetLabException">There is a file, or it cannot be written.</exception>
    internal void Begin() => Do(() => _file = WholeFile.Create(path));

    /// <summary>Puts it in its place.</summary>
    /// <inheritdoc cref="Begin"/>
    internal void End()
    {
        ThrowIfThere();
        Do(() => _file!.Commit(force));
    }

    /// <exception cref="NetLabException">There is a file, which may not be replaced.</exception>
    internal void ThrowIfThere()
    {
        if (!force && File.Exists(path))
        {
            throw new NetLabException(FaultKind.FileExists, $"The file {path} is there already. Replace it with -Force.");
        }
    }

    /// <summary>Does something that writes to it.</summary>
    /// <exception cref="NetLabException">It cannot be written.</exception>
    internal void Do(Action action)
    {
        try
        {
            action();
        }
        catch (Exception error) when (error is (IOException or UnauthorizedAccessException) and not NetLabException)
        {
            throw new NetLabException(FaultKind.FileUnwritable, $"The file {path} cannot be written: {error.Message}", error);
        }
    }

    /// <summary>Removes what was written, unless it is in its place.</summary>
    public void Dispose() => _file?.Dispose();
}
