using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Files;

/// <summary>What a file server does. The defaults are those of the cmdlet.</summary>
internal sealed record StaticSiteOptions : HttpServerOptions
{
    internal const string DefaultCacheControl = "no-cache";

    internal static readonly IReadOnlyList<string> UsualDocuments = ["index.html", "index.htm"];

    /// <summary>The folder to serve.</summary>
    internal required string Folder { get; init; }

    /// <summary>The files that are served for their folder; the first one that exists is used.</summary>
    internal IReadOnlyList<string> DefaultDocuments { get; init; } = UsualDocuments;

    /// <summary>Whether a folder without a default document is listed.</summary>
    internal bool Browse { get; init; }

    /// <summary>The file that is sent for every page that has no file; null for none.</summary>
    internal string? SpaFallback { get; init; }

    /// <summary>The file that is sent with 404 (Not Found); null for a page made here.</summary>
    internal string? NotFoundPage { get; init; }

    /// <summary>Fields of every response, in addition to the server's own or replacing them.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Whether scripts from every other origin may read the files.</summary>
    internal bool Cors { get; init; }

    /// <summary>Cache-Control of files.</summary>
    internal string CacheControl { get; init; } = DefaultCacheControl;

    internal BasicCredential? Credential { get; init; }

    internal bool IncludeHidden { get; init; }

    /// <summary>Whether links may lead out of the folder.</summary>
    internal bool FollowLinks { get; init; }

    internal bool NoCompression { get; init; }

    internal MediaTypes MediaTypes { get; init; } = MediaTypes.Default;
}
