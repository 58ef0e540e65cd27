namespace PSNetLab.Engine.Primitives;

/// <summary>Writes a file whole or not at all: beside its place first.</summary>
/// <remarks>Only its owner may read it, because nobody knows what of that which peers said is secret.</remarks>
internal static class WholeFile
{
    /// <param name="path">Its place; a file that is there is replaced.</param>
    /// <param name="write">Writes its content.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be written.</exception>
    internal static void Write(string path, Action<FileStream> write)
    {
        string beside = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (FileStream file = new(beside, options))
            {
                write(file);
            }

            File.Move(beside, path, overwrite: true);
        }
        catch
        {
            if (File.Exists(beside))
            {
                File.Delete(beside);
            }

            throw;
        }
    }
}
