using Microsoft.Win32.SafeHandles;
using PSNetLab.Engine.Native.Linux;

namespace PSNetLab.Engine.Http.Server;

/// <summary>
/// Content in a file that exists only in memory (memfd_create(2)). With sendfile(2), it need not be copied for every
/// client.
/// </summary>
internal sealed class MemoryFile : IDisposable
{
    /// <summary>The least bytes of content: copying less is cheaper than another system call.</summary>
    internal const int LeastBytes = 16 * 1024;

    /// <summary>The most bytes of content: the system rarely accepts more at once anyway.</summary>
    internal const int MostBytes = 64 * 1024;

    /// <summary>
    /// The most files at a time, approximately, with 8 MiB in all. Each needs a descriptor, and a process is often limited
    /// to 1,024.
    /// </summary>
    internal const int Most = 128;

    private static int s_count;

    private int _isCounted = 1;

    private MemoryFile() => Interlocked.Increment(ref s_count);

    ~MemoryFile() => Uncount();

    internal SafeFileHandle? Handle { get; private set; }

    /// <summary>
    /// Creates a file; null if it would not be worth its cost, if the system has no memfd_create, or if there are already
    /// <see cref="Most"/>.
    /// </summary>
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
            // No memory for it: the content will be copied when it is sent.
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
