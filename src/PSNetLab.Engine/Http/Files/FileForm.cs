using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Files;

/// <summary>One form of a file: as it is on disk, or compressed. It is also the response that sends all of it.</summary>
internal sealed class FileForm : Response, IDisposable
{
    private Response? _notModified;

    /// <summary>The requested file.</summary>
    internal required FilePath File { get; init; }

    /// <summary>The file that has the bytes: the requested one, or a .gz or .br file next to it.</summary>
    internal required FilePath Source { get; init; }

    internal required FileStamp Stamp { get; init; }

    /// <summary>The entity tag, with its quotes (RFC 9110, section 8.8.3).</summary>
    internal required byte[] ETag { get; init; }

    /// <summary>When the file was modified, in whole seconds. Preconditions are compared with it.</summary>
    internal required DateTime LastModified { get; init; }

    /// <summary>
    /// The fields that do not describe the content itself, so 206, 304 and 416 have them, too (RFC 9110, section 15.4.5).
    /// </summary>
    internal required byte[] CommonFields { get; init; }

    internal required string MediaType { get; init; }

    /// <summary>The value of Content-Encoding; null for none.</summary>
    internal string? Encoding { get; init; }

    /// <summary>Whether it can be sent without opening a file.</summary>
    internal bool IsInMemory => Content.Bytes.Length == Content.Length;

    /// <summary>The response to a client that already has this form.</summary>
    internal Response NotModified => _notModified ??= new Response { Status = 304, Fields = CommonFields };

    /// <summary>Call this when it is not being sent any more.</summary>
    public void Dispose() => Content.Copy?.Dispose();
}
