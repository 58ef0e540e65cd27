using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Files;

/// <summary>A file as it is sent: as it is on disk, or compressed. As a response, the whole of it.</summary>
internal sealed class FileForm : Response, IDisposable
{
    private Response? _notModified;

    /// <summary>The file that is asked for.</summary>
    internal required FilePath File { get; init; }

    /// <summary>The file that holds the bytes; another one where it was compressed beforehand.</summary>
    internal required FilePath Source { get; init; }

    internal required FileStamp Stamp { get; init; }

    /// <summary>The entity tag, with its quotes (RFC 9110, section 8.8.3).</summary>
    internal required byte[] ETag { get; init; }

    /// <summary>In whole seconds, as it is told.</summary>
    internal required DateTime LastModified { get; init; }

    /// <summary>
    /// The fields that do not describe the content itself, and so belong to 206, 304 and 416, too (RFC 9110, section
    /// 15.4.5).
    /// </summary>
    internal required byte[] CommonFields { get; init; }

    internal required string MediaType { get; init; }

    /// <summary>Whether it can be sent without opening a file.</summary>
    internal bool IsInMemory => Content.Bytes.Length == Content.Length;

    /// <summary>Says that the client has it already.</summary>
    internal Response NotModified => _notModified ??= new Response { Status = 304, Fields = CommonFields };

    /// <summary>To be called when nobody sends it any more.</summary>
    public void Dispose() => Content.Copy?.Dispose();
}
