using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Net;
using PSNetLab.Binding;
using PSNetLab.Conversion;
using PSNetLab.Engine.Http.Files;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Serves a folder over HTTP, as a background job.</summary>
[Cmdlet(VerbsLifecycle.Start, "StaticHttpServer", SupportsShouldProcess = true)]
[OutputType(typeof(HttpServerJob))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class StartStaticHttpServerCommand : StartWebServerCmdlet
{
    static StartStaticHttpServerCommand() => Rehearsal.Add(static () =>
    {
        StaticSiteOptions options = new()
        {
            Folder = AppContext.BaseDirectory,
            MediaTypes = MediaTypes.Default,
            Codings = NamedCodings.Default.With(Tables.Pairs(null)),
        };
        new StaticSiteHandler(options).Dispose();
    });

    /// <summary>The folder to serve. Default: the current one.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = ".";

    /// <summary>
    /// The names of the files that are served for their folder; the first one that exists is used. Default: index.html,
    /// index.htm.
    /// </summary>
    [Parameter]
    [AllowEmptyCollection]
    public string[] DefaultDocument { get; set; } = [.. StaticSiteOptions.UsualDocuments];

    /// <summary>Lists a folder that has no default document, as a page, or as JSON for clients that ask for it.</summary>
    [Parameter]
    public SwitchParameter Browse { get; set; }

    /// <summary>The file that is sent for every page that has no file, for single-page applications.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SpaFallback { get; set; }

    /// <summary>The file that is sent with 404 (Not Found) when a file does not exist.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? NotFoundPage { get; set; }

    /// <summary>Header fields for every response; they replace the server's own fields of the same name.</summary>
    [Parameter]
    [NoFiles]
    public IDictionary Headers { get; set; } = new Hashtable();

    /// <summary>Cache-Control of files. Default: no-cache, with which browsers ask each time whether the file has changed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CacheControlCompleter))]
    public string CacheControl { get; set; } = StaticSiteOptions.DefaultCacheControl;

    /// <summary>Also serves files and folders whose name starts with a dot; .well-known always is.</summary>
    [Parameter]
    public SwitchParameter IncludeHidden { get; set; }

    /// <summary>Follows links that lead out of the folder.</summary>
    [Parameter]
    public SwitchParameter FollowSymlinks { get; set; }

    /// <summary>Media types by extension, in addition to the known ones or replacing them.</summary>
    [Parameter]
    [NoFiles]
    public IDictionary MimeType { get; set; } = new Hashtable();

    /// <summary>Content-Encoding of files that are compressed on disk, by patterns of their names.</summary>
    [Parameter]
    [NoFiles]
    public IDictionary ContentEncoding { get; set; } = new Hashtable();

    /// <summary>Sends every file as it is, never compressed.</summary>
    [Parameter]
    public SwitchParameter NoCompression { get; set; }

    private protected override string Action => $"Serve {Folder} over {(UsesTls ? "HTTPS" : "HTTP")}";

    private string Folder
    {
        get
        {
            string folder = SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path, out ProviderInfo provider, out _);
            return provider.Name == "FileSystem"
                ? folder
                : throw new NetLabException(FaultKind.PathNotFound, $"'{Path}' is not in the file system. "
                    + "Set -Path to a folder.") { Subject = Path };
        }
    }

    private protected override ServerJob Bind(IPEndPoint endPoint)
    {
        string folder = Folder;
        if (!Directory.Exists(folder))
        {
            throw new NetLabException(FaultKind.PathNotFound, $"'{folder}' is {(File.Exists(folder) ? "a file" : "not there")}. "
                + "Set -Path to a folder.") { Subject = folder };
        }

        StaticSiteOptions options = new()
        {
            Folder = folder,
            DefaultDocuments = DefaultDocument,
            Browse = Browse,
            SpaFallback = FileIn(folder, SpaFallback, nameof(SpaFallback)),
            NotFoundPage = FileIn(folder, NotFoundPage, nameof(NotFoundPage)),
            Headers = FieldLines.Check(Tables.Pairs(Headers), nameof(Headers)),
            Cors = Cors,
            CacheControl = FieldLines.Check([new("Cache-Control", CacheControl)], nameof(CacheControl))[0].Value,
            Credential = ReadCredential(endPoint),
            IncludeHidden = IncludeHidden,
            FollowLinks = FollowSymlinks,
            NoCompression = NoCompression,
            MediaTypes = Tables.Pairs(MimeType) is { Count: > 0 } types ? MediaTypes.Default.With(types) : MediaTypes.Default,
            Codings = NamedCodings.Default.With(Tables.Pairs(ContentEncoding)),
        };

        // The handler last: whatever fails before it would leave it open.
        return new HttpServerJob(CommandLine, Name, Records(WhenFull.Drop), openLog: OpenLog, options: CompleteWeb(options, endPoint),
            path: folder, handler: new StaticSiteHandler(options));
    }

    /// <summary>
    /// The path of a file relative to the folder, normalized and with slashes, as in a URL. The name is such a path, or the full
    /// path of a file in the folder.
    /// </summary>
    private string? FileIn(string folder, string? name, string parameter)
    {
        if (name is null)
        {
            return null;
        }

        bool isAbsolute = System.IO.Path.IsPathFullyQualified(name) || SessionState.Path.IsPSAbsolute(name, out _);
        return Inside(System.IO.Path.Join(folder, name))
            ?? (isAbsolute ? Inside(SessionState.Path.GetUnresolvedProviderPathFromPSPath(name)) : null)
            ?? throw new NetLabException(FaultKind.PathNotFound, $"-{parameter} '{name}' is not a file in '{folder}'. "
                + "Give the path of one, relative to that folder or in full.") { Subject = name };

        string? Inside(string path)
        {
            path = System.IO.Path.GetFullPath(path);
            string inside = System.IO.Path.GetRelativePath(folder, path).Replace(System.IO.Path.DirectorySeparatorChar, '/');
            bool isOutside = inside.StartsWith("../", StringComparison.Ordinal) || System.IO.Path.IsPathRooted(inside);
            return File.Exists(path) && !isOutside ? inside : null;
        }
    }
}
