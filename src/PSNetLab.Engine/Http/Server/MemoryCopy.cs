using Microsoft.Win32.SafeHandles;

namespace PSNetLab.Engine.Http.Server;

/// <summary>
/// A memory file with content that is sent again and again. The file is created when it is first needed, because it does
/// not pay for content that is sent only once.
/// </summary>
internal sealed class MemoryCopy(byte[] content) : IDisposable
{
    private MemoryFile? _file;
    private int _asked;

    /// <summary>The file; null if <see cref="MemoryFile.TryCreate"/> made none.</summary>
    internal SafeFileHandle? File
    {
        get
        {
            if (Volatile.Read(ref _asked) == 0 && Interlocked.Exchange(ref _asked, 1) == 0)
            {
                Volatile.Write(ref _file, MemoryFile.TryCreate(content));
            }

            return Volatile.Read(ref _file)?.Handle;
        }
    }

    /// <summary>Call this only when nothing sends the file any more.</summary>
    public void Dispose() => _file?.Dispose();
}
