using System.Text;
using Microsoft.Win32.SafeHandles;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Files;

/// <summary>A GET or HEAD request, as far as it says what is wanted.</summary>
/// <param name="Path">The decoded path.</param>
/// <param name="Key">The path as it came.</param>
/// <param name="Query">The question mark and what follows, or nothing.</param>
/// <param name="AcceptEncoding">The value of the field; empty when only the file as it is will do.</param>
/// <param name="WantsJson">Whether a program asks.</param>
internal sealed record PageRequest(string Path, byte[] Key, string Query, byte[] AcceptEncoding, bool WantsJson);

/// <summary>What a request gets: a resource, and the open file where its content is not in memory.</summary>
internal readonly record struct Answer(Resource Resource, SafeFileHandle? File = null);

/// <summary>The folder that is served, as resources.</summary>
internal sealed class WebSite
{
    private readonly HttpServerOptions _options;

    internal WebSite(HttpServerOptions options)
    {
        _options = options;
        Files = new FileCache(options.Clock);
        Root = new WebRoot(options.Folder, options.IncludeHidden, options.FollowLinks);
        CommonFields = FieldLines.Format(
            [
                FieldLines.Field("X-Content-Type-Options", "nosniff"),
                .. options.Cors ? Cors : [],
            ],
            options.Headers);
        CommonFields = [.. CommonFields, .. FieldLines.Format(options.Headers)];
    }

    internal WebRoot Root { get; }

    internal FileCache Files { get; }

    internal TimeProvider Clock => _options.Clock;

    internal MediaTypes MediaTypes => _options.MediaTypes;

    internal bool Compresses => !_options.NoCompression;

    internal string CacheControl => _options.CacheControl;

    /// <summary>The fields the user has set; they replace those of the same name.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> OwnFields => _options.Headers;

    /// <summary>The lines of the fields that every response has.</summary>
    internal byte[] CommonFields { get; }

    private static KeyValuePair<string, string>[] Cors =>
    [
        FieldLines.Field("Access-Control-Allow-Origin", "*"),
        FieldLines.Field("Access-Control-Expose-Headers", "*"),
    ];

    /// <summary>What is there for a path, if that needs no more than a look at what was sent before.</summary>
    internal FileForm? TryFind(ReadOnlySpan<byte> key, ReadOnlySpan<byte> acceptEncoding)
        => Files.Find(key)?.TryChoose(acceptEncoding) is { Content: not null } form ? form : null;

    /// <summary>A file too large for memory that was sent before, opened again, if it is still the same; that costs as little as the look at it.</summary>
    internal Answer? TryOpen(PageRequest request)
    {
        // What is opened is compared with what is known: there is no need to look at the path before.
        return Files.Lookup(request.Key)?.TryChoose(request.AcceptEncoding) is { Content: null } form && form.Source == form.File
            && Root.Open(form.File, form.Stamp) is { } handle
            ? new Answer(form, handle)
            : null;
    }

    /// <summary>What is there for a path. May wait for the disk.</summary>
    internal async Task<Answer> FindAsync(PageRequest request)
    {
        if (Root.Map(request.Path) is not { } path)
        {
            return await NotFoundAsync(request).ConfigureAwait(false);
        }

        bool asFolder = request.Path.EndsWith('/');
        FileStamp stamp = path.Stat();
        switch (stamp.Kind)
        {
            case FileKind.File when !asFolder:
                return await ServeAsync(path, request, request.Key).ConfigureAwait(false);
            case FileKind.Folder when Root.Contains(path):
                return asFolder ? await ServeFolderAsync(path, request).ConfigureAwait(false) : new Answer(Moved(request));
            case FileKind.Denied:
                return new Answer(Denied());
            default:
                return await NotFoundAsync(request).ConfigureAwait(false);
        }
    }

    /// <summary>Says a status: in a line for programs, and on a page for browsers.</summary>
    internal Resource StatusPage(int status, string explanation, params KeyValuePair<string, string>[] fields)
    {
        string reason = HttpStatus.Reason(status);
        KeyValuePair<string, string>[] common = [FieldLines.Field("Vary", "Accept"), .. fields];
        return NewPage(
            status,
            "text/plain; charset=utf-8",
            Encoding.UTF8.GetBytes($"{status} {reason}: {explanation}\n"),
            common,
            () => NewPage(
                status,
                "text/html; charset=utf-8",
                Http.Files.StatusPage.Html(status, reason, explanation),
                [FieldLines.Field("Content-Security-Policy", Http.Files.StatusPage.ContentSecurityPolicy), .. common]));
    }

    /// <summary>An answer without content.</summary>
    internal Resource Bare(int status, params KeyValuePair<string, string>[] fields) => new()
    {
        Status = status,
        Fields = [.. FieldLines.Format(fields, OwnFields), .. CommonFields],
    };

    private Resource NewPage(int status, string type, byte[] content, IEnumerable<KeyValuePair<string, string>> fields, Func<Resource>? asPage = null) => new()
    {
        AsPage = asPage,
        Status = status,
        Fields = PageFields(type, fields),
        Content = content,
        Length = content.Length,
    };

    private byte[] PageFields(string type, IEnumerable<KeyValuePair<string, string>> fields) =>
    [
        .. FieldLines.Format([FieldLines.Field("Content-Type", type), FieldLines.Field("Cache-Control", "no-cache"), .. fields], OwnFields),
        .. CommonFields,
    ];

    private Resource Denied() => StatusPage(403, "The server may not read this file. Give its user the right to, or remove the file from the folder.");

    /// <summary>The same path with a slash at its end, so that relative links in the page lead into the folder. Never to another host: one slash at the start, and names that hold none.</summary>
    private Resource Moved(PageRequest request)
    {
        StringBuilder location = new();
        foreach (Range segment in new PathSegments(request.Path))
        {
            location.Append('/').Append(Uri.EscapeDataString(request.Path[segment]));
        }

        return StatusPage(301, "This is a folder; its address ends with a slash.", FieldLines.Field("Location", location.Append('/').Append(request.Query).ToString()));
    }

    private async Task<Answer> ServeAsync(FilePath path, PageRequest request, byte[]? key)
        => await TryServeAsync(path, request.AcceptEncoding, key).ConfigureAwait(false) ?? await NotFoundAsync(request).ConfigureAwait(false);

    /// <summary>A file; null when there is none inside the root.</summary>
    private async Task<Answer?> TryServeAsync(FilePath path, byte[] acceptEncoding, byte[]? key)
    {
        SafeFileHandle? handle = Root.Open(path, out FileStamp stamp);
        if (handle is null)
        {
            return stamp.Kind == FileKind.Denied ? new Answer(Denied()) : null;
        }

        try
        {
            WebFile? file = key is null ? null : Files.Find(key, stamp);
            if (file is null)
            {
                file = new WebFile(this, path, handle, stamp);
                if (key is not null)
                {
                    file = Files.Add(key, file);
                }
            }

            FileForm form = await file.MakeAsync(acceptEncoding).ConfigureAwait(false);
            if (form.Content is not null)
            {
                return new Answer(form);
            }

            if (form.Source != file.Path)
            {
                // A large file that was compressed beforehand.
                if (Root.Open(form.Source!, form.Stamp) is { } sibling)
                {
                    return new Answer(form, sibling);
                }

                form = file.Plain;
            }

            SafeFileHandle? own = handle;
            handle = null;
            return new Answer(form, own);
        }
        finally
        {
            handle?.Dispose();
        }
    }

    private async Task<Answer> ServeFolderAsync(FilePath folder, PageRequest request)
    {
        for (int i = 0; i < _options.DefaultDocuments.Count; i++)
        {
            if (Root.Map(request.Path + _options.DefaultDocuments[i]) is { } document && document.Stat().Kind is FileKind.File or FileKind.Denied)
            {
                // Only the first can be kept: before any other, one might appear.
                return await ServeAsync(document, request, i == 0 ? request.Key : null).ConfigureAwait(false);
            }
        }

        if (!_options.Browse)
        {
            return await NotFoundAsync(request, $"This folder has no {string.Join(" or ", _options.DefaultDocuments)}. To see what is in it, start the server with -Browse.").ConfigureAwait(false);
        }

        if (FolderReader.Read(Root, folder) is not { } entries)
        {
            return new Answer(StatusPage(403, "The server may not read this folder. Give its user the right to."));
        }

        return new Answer(request.WantsJson
            ? NewPage(200, "application/json; charset=utf-8", FolderListing.Json(request.Path, entries), [FieldLines.Field("Vary", "Accept")])
            : NewPage(200, "text/html; charset=utf-8", FolderListing.Html(request.Path, entries), [FieldLines.Field("Vary", "Accept"), FieldLines.Field("Content-Security-Policy", FolderListing.ContentSecurityPolicy)]));
    }

    private async Task<Answer> NotFoundAsync(PageRequest request, string explanation = "There is no such file here.")
    {
        // A name with a dot is meant to be a file, and a page of HTML in its place would only confuse.
        if (_options.SpaFallback is { } fallback && !Path.HasExtension(request.Path) && await TryServeAsync(fallback, request.AcceptEncoding).ConfigureAwait(false) is { } page)
        {
            return page;
        }

        if (_options.NotFoundPage is { } notFound && await TryServeAsync(notFound, acceptEncoding: []).ConfigureAwait(false) is (FileForm form, var handle))
        {
            // What is not there may come, so nothing that lets a client keep the page belongs to it.
            return new Answer(new Resource { Status = 404, Fields = PageFields(form.MediaType, []), Content = form.Content, Length = form.Length, Source = form.Source }, handle);
        }

        return new Answer(StatusPage(404, explanation));
    }

    /// <summary>A file that stands in for others; null when it is not there.</summary>
    private async Task<Answer?> TryServeAsync(string name, byte[] acceptEncoding)
    {
        string urlPath = "/" + (OperatingSystem.IsWindows() ? name.Replace('\\', '/') : name).TrimStart('/');
        return Root.Map(urlPath) is { } path
            ? await TryServeAsync(path, acceptEncoding, key: Encoding.UTF8.GetBytes("\0" + urlPath)).ConfigureAwait(false)
            : null;
    }
}
