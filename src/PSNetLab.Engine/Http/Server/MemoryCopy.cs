using Microsoft.Win32.SafeHandles;

namespace PSNetLab.Engine.Http.Server;

/// <summary>
/// Content that is sent again and again, as a file in memory; made when it is first asked for, because for what is sent
/// once it does not pay.
/// </summary>
internal sealed class MemoryCopy(byte[] content) : IDisposable
{
    private MemoryFile? _file;
    private int _asked;

    /// <summary>Null where it would not pay.</summary>
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

    /// <summary>To be called when nobody sends it any more.</summary>
    public void Dispose() => _file?.Dispose();
}
