using Microsoft.Win32.SafeHandles;

namespace PSNetLab.Engine.Http.Files;

/// <summary>Something to answer with: a status, the fields that describe it, and content.</summary>
internal class Resource
{
    internal required int Status { get; init; }

    /// <summary>The lines of all fields but Date, Connection and Content-Length.</summary>
    internal required byte[] Fields { get; init; }

    /// <summary>The content, where it is in memory.</summary>
    internal byte[]? Content { get; init; }

    /// <summary>The bytes of the content.</summary>
    internal long Length { get; init; }

    /// <summary>The same as a page, for those who read HTML; null when there is only one form.</summary>
    internal Func<Resource>? AsPage { get; init; }

    /// <summary>The file the content comes from.</summary>
    internal FilePath? Source { get; init; }
}

/// <summary>A file as it is sent: as it is on disk, or compressed.</summary>
internal sealed class FileForm : Resource, IDisposable
{
    private MemoryFile? _memory;
    private int _memoryAsked;

    /// <summary>The file; what is sent may be another one that holds it compressed.</summary>
    internal required FilePath File { get; init; }

    internal required FileStamp Stamp { get; init; }

    /// <summary>The entity tag, with its quotes (RFC 9110, section 8.8.3).</summary>
    internal required byte[] ETag { get; init; }

    /// <summary>In whole seconds, as it is told.</summary>
    internal required DateTime LastModified { get; init; }

    /// <summary>The fields that do not describe the content itself, and so belong to 206, 304 and 416, too (RFC 9110, section 15.4.5).</summary>
    internal required byte[] CommonFields { get; init; }

    internal required string MediaType { get; init; }

    /// <summary>The content as a file in memory; null where that would not pay.</summary>
    /// <remarks>Made when it is first asked for: it does not pay for what is sent once.</remarks>
    internal SafeFileHandle? InMemory
    {
        get
        {
            if (Volatile.Read(ref _memoryAsked) == 0 && Interlocked.Exchange(ref _memoryAsked, 1) == 0)
            {
                Volatile.Write(ref _memory, MemoryFile.TryCreate(Content));
            }

            return Volatile.Read(ref _memory)?.Handle;
        }
    }

    /// <summary>To be called when nobody sends it any more.</summary>
    public void Dispose() => _memory?.Dispose();
}
