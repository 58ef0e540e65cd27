using Microsoft.Win32.SafeHandles;
using PSNetLab.Engine.Native.Linux;

namespace PSNetLab.Engine.Http.Server;

/// <summary>
/// Content in a file that is nowhere but in memory (memfd_create(2)). Sent from there (sendfile(2)), it is not copied for
/// every client.
/// </summary>
internal sealed class MemoryFile : IDisposable
{
    /// <summary>Shorter content costs less to copy than a further system call does.</summary>
    internal const int LeastBytes = 16 * 1024;

    /// <summary>Longer content does not go at once anyway.</summary>
    internal const int MostBytes = 64 * 1024;

    /// <summary>
    /// About as many as there may be at a time, with 8 MiB: each has a descriptor, and a process often may have no more
    /// than 1,024.
    /// </summary>
    internal const int Most = 128;

    private static int s_count;

    private int _isCounted = 1;

    private MemoryFile() => Interlocked.Increment(ref s_count);

    ~MemoryFile() => Uncount();

    internal SafeFileHandle? Handle { get; private set; }

    /// <summary>Null where it would not pay, where the system has no such files, and when there are enough.</summary>
    internal static MemoryFile? TryCreate(ReadOnlySpan<byte> content)
    {
        if (content.Length is < LeastBytes or > MostBytes || !FileCalls.HasOpenInMemory || Volatile.Read(ref s_count) >= Most)
        {
            return null;
        }

        MemoryFile file = new();
        try
        {
            int descriptor = FileCalls.OpenInMemory("PSNetLab", FileCalls.CloseOnExecInMemory);
            if (descriptor >= 0)
            {
                file.Handle = new SafeFileHandle(descriptor, ownsHandle: true);
                RandomAccess.Write(file.Handle, content, 0);
                return file;
            }
        }
        catch (IOException)
        {
            // No room: the content is copied when it is sent.
        }

        file.Dispose();
        return null;
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Handle?.Dispose();
        Uncount();
    }

    private void Uncount() => Interlocked.Add(ref s_count, -Interlocked.Exchange(ref _isCounted, 0));
}
