using PSNetLab.Engine.Http.Files;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Http.Server;

/// <summary>What a static HTTP server is to do. The defaults are those of the cmdlet.</summary>
internal sealed record HttpServerOptions : StreamServerOptions
{
    /// <summary>The folder to serve.</summary>
    internal required string Folder { get; init; }

    internal HttpLimits Limits { get; init; } = new();

    /// <summary>How long a request may take to arrive, and how long a client may leave sent bytes untaken.</summary>
    internal TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a connection may be quiet between two requests.</summary>
    internal TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The files that are shown for their folder; the first that is there counts.</summary>
    internal IReadOnlyList<string> DefaultDocuments { get; init; } = ["index.html", "index.htm"];

    /// <summary>Whether a folder without default document is listed.</summary>
    internal bool Browse { get; init; }

    /// <summary>The file that answers for every page there is no file for; null for none.</summary>
    internal string? SpaFallback { get; init; }

    /// <summary>The file that is shown with 404 (Not Found); null for a page made here.</summary>
    internal string? NotFoundPage { get; init; }

    /// <summary>Fields of every response beside the server's own, and instead of them.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Whether scripts of every other origin may read the files.</summary>
    internal bool Cors { get; init; }

    /// <summary>Cache-Control of files.</summary>
    internal string CacheControl { get; init; } = "no-cache";

    internal BasicCredential? Credential { get; init; }

    internal bool IncludeHidden { get; init; }

    /// <summary>Whether links may lead out of the folder.</summary>
    internal bool FollowLinks { get; init; }

    internal bool NoCompression { get; init; }

    internal MediaTypes MediaTypes { get; init; } = MediaTypes.Default;

    /// <summary>Where the records of requests go; null to keep none.</summary>
    internal IMessageSink<HttpRequestRecord>? Sink { get; init; }

    internal AccessLog? Log { get; init; }
}
