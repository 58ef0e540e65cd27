using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Files;

/// <summary>The options of a file server. The defaults are those of the cmdlet.</summary>
internal sealed record StaticSiteOptions : HttpServerOptions
{
    internal const string DefaultCacheControl = "no-cache";

    internal static readonly IReadOnlyList<string> UsualDocuments = ["index.html", "index.htm"];

    /// <summary>The folder to serve.</summary>
    internal required string Folder { get; init; }

    /// <summary>The names of files that are served for their folder. The first one that exists is used.</summary>
    internal IReadOnlyList<string> DefaultDocuments { get; init; } = UsualDocuments;

    /// <summary>Whether a folder without a default document is listed.</summary>
    internal bool Browse { get; init; }

    /// <summary>The file that is sent for pages that do not exist as files; null for none.</summary>
    internal string? SpaFallback { get; init; }

    /// <summary>The file that is sent with 404 (Not Found); null for the server's own page.</summary>
    internal string? NotFoundPage { get; init; }

    /// <summary>Additional fields of every response. They replace the server's own of the same name.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Whether scripts from any origin may read the files.</summary>
    internal bool Cors { get; init; }

    /// <summary>The value of Cache-Control for files.</summary>
    internal string CacheControl { get; init; } = DefaultCacheControl;

    internal BasicCredential? Credential { get; init; }

    internal bool IncludeHidden { get; init; }

    /// <summary>Whether links may lead out of the folder.</summary>
    internal bool FollowLinks { get; init; }

    internal bool NoCompression { get; init; }

    internal MediaTypes MediaTypes { get; init; } = MediaTypes.Default;

    /// <summary>The content codings of files that are compressed on disk.</summary>
    internal NamedCodings Codings { get; init; } = NamedCodings.Default;
}
