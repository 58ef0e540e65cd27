using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Files;

/// <summary>One form of a file: as it is on disk, or compressed. It is also the response that sends all of it.</summary>
internal sealed class FileForm : SelectableResponse, IDisposable
{
    /// <summary>The requested file.</summary>
    internal required FilePath File { get; init; }

    /// <summary>The file that has the bytes: the requested one, or a .gz or .br file next to it.</summary>
    internal required FilePath Source { get; init; }

    internal required FileStamp Stamp { get; init; }

    /// <summary>The value of Content-Encoding; null for none.</summary>
    internal string? Encoding { get; init; }

    /// <summary>Whether it can be sent without opening a file.</summary>
    internal bool IsInMemory => Content.Bytes.Length == Content.Length;

    /// <summary>Call this when it is not being sent any more.</summary>
    public void Dispose() => Content.Copy?.Dispose();
}
