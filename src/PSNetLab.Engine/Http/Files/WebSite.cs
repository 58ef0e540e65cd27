using System.Text;
using Microsoft.Win32.SafeHandles;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Files;

/// <summary>What a GET or HEAD request asks for.</summary>
/// <param name="Path">The decoded path.</param>
/// <param name="Key">The path as received.</param>
/// <param name="Query">The question mark and what follows, or empty.</param>
/// <param name="AcceptEncoding">The value of the field; empty if the file must not be compressed.</param>
/// <param name="WantsJson">Whether the client prefers JSON.</param>
/// <param name="WantsHtml">Whether the client accepts HTML by name, as browsers do.</param>
internal sealed record PageRequest(string Path, byte[] Key, string Query, byte[] AcceptEncoding, bool WantsJson, bool WantsHtml)
{
    /// <summary>Whether a page may stand in for the path: the client accepts HTML by name, or does not say what it accepts.</summary>
    internal bool MayGetFallback { get; init; } = WantsHtml;

    /// <summary>Says whether the client has left.</summary>
    internal Func<bool> HasLeft { get; init; } = () => false;
}

/// <summary>A response, and its content if the response itself does not have it.</summary>
/// <param name="Response">The response.</param>
/// <param name="Handle">The open file, if the content is in a file.</param>
/// <param name="Path">The path of the file.</param>
/// <param name="Listing">The listing, if the content is that of a large folder.</param>
internal readonly record struct Found(Response Response, SafeFileHandle? Handle = null, string? Path = null, FolderPage? Listing = null)
{
    /// <summary>Whether another value of Accept would have had another answer.</summary>
    internal bool VariesByAccept { get; init; }
}

/// <summary>Finds the response for each path of the served folder.</summary>
internal sealed class WebSite
{
    private readonly StaticSiteOptions _options;
    private readonly SiteFields _fields;
    private readonly SitePages _pages;
    private readonly CompressionQueue _compressions;

    internal WebSite(StaticSiteOptions options, SiteFields fields, SitePages pages)
    {
        _options = options;
        _fields = fields;
        _pages = pages;
        Root = new WebRoot(options.Folder, options.IncludeHidden, options.FollowLinks);
        Files = new FileCache(options.Clock, Root.LocalDevice);
        Listings = new LargeListings(Root, options.Clock);
        _compressions = new CompressionQueue(options.Clock);
    }

    internal WebRoot Root { get; }

    internal FileCache Files { get; }

    internal LargeListings Listings { get; }

    /// <summary>The cached form of a file, if it is in memory and still current; otherwise null.</summary>
    /// <param name="key">The path as received.</param>
    /// <param name="acceptEncoding">The value of Accept-Encoding.</param>
    /// <param name="onlyIfWarm">Whether to return null rather than risk waiting for a disk or a network.</param>
    internal FileForm? TryFind(ReadOnlySpan<byte> key, ReadOnlySpan<byte> acceptEncoding, bool onlyIfWarm = false)
        => Files.Find(key, onlyIfWarm)?.TryChoose(acceptEncoding) is { IsInMemory: true } form ? form : null;

    /// <summary>Makes a file for the cache from one that was just opened.</summary>
    internal WebFile NewFile(FilePath path, SafeFileHandle handle, FileStamp stamp)
        => new(_options, Root, _fields, _compressions, path, handle, stamp);

    /// <summary>Call this after the last request has ended.</summary>
    internal void Close()
    {
        _compressions.Close();
        Files.Clear();
        Listings.Clear();
    }

    /// <summary>The response for a path. May wait for the disk.</summary>
    internal async Task<Found> FindAsync(PageRequest request)
    {
        LoopThread.AssertLeft("Looking for a file");
        if (TryReopen(request) is { } again)
        {
            return again;
        }

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
                return asFolder ? await ServeFolderAsync(path, request).ConfigureAwait(false) : new Found(Moved(request));
            case FileKind.Denied:
                return new Found(Denied(request.WantsHtml));
            default:
                return await NotFoundAsync(request).ConfigureAwait(false);
        }
    }

    /// <summary>Opens a file that is too large for memory and was sent before; null if it has changed.</summary>
    private Found? TryReopen(PageRequest request)
    {
        // The open file is compared with the known stamp, so there is no need to look at the path first.
        return Files.Lookup(request.Key)?.TryChoose(request.AcceptEncoding) is { IsInMemory: false } form && form.Source == form.File
            && Root.Open(form.File, form.Stamp) is { } handle
            ? new Found(form, handle, form.File.Readable)
            : null;
    }

    private Response Denied(bool asHtml)
        => _pages.Status(
            asHtml, 403, "The server may not read this file. Give its user the right to, or remove the file from the folder.");

    /// <summary>
    /// Redirects to the path with a slash at its end, so that relative links in the page lead into the folder. It starts with one
    /// slash, and its names have none, so it never leads to another host.
    /// </summary>
    private Response Moved(PageRequest request)
    {
        using PageWriter path = new(request.Path.Length);
        foreach (Range segment in new PathSegments(request.Path))
        {
            path.Markup("/"u8);
            path.PathSegment(request.Path.AsSpan(segment));
        }

        string location = $"{Encoding.ASCII.GetString(path.Written)}/{request.Query}";
        return _pages.Status(
            request.WantsHtml, 301, "This is a folder; its address ends with a slash.", FieldLines.Field("Location", location));
    }

    private async Task<Found> ServeAsync(FilePath path, PageRequest request, byte[]? key)
        => await TryServeAsync(path, request, key).ConfigureAwait(false) ?? await NotFoundAsync(request).ConfigureAwait(false);

    /// <summary>The response with a file; null if there is none inside the root.</summary>
    private async Task<Found?> TryServeAsync(FilePath path, PageRequest request, byte[]? key)
    {
        SafeFileHandle? handle = Root.Open(path, out FileStamp stamp);
        if (handle is null)
        {
            return stamp.Kind == FileKind.Denied ? new Found(Denied(request.WantsHtml)) : null;
        }

        try
        {
            WebFile file = Files.Find(key, path, stamp) ?? Files.Add(key, NewFile(path, handle, stamp));
            FileForm form = await file.MakeAsync(request.AcceptEncoding).ConfigureAwait(false);
            if (form.IsInMemory)
            {
                return new Found(form, null, path.Readable);
            }

            if (form.Source != file.Path)
            {
                // A large .gz or .br file.
                if (Root.Open(form.Source, form.Stamp) is { } sibling)
                {
                    return new Found(form, sibling, path.Readable);
                }

                form = file.Plain;
            }

            SafeFileHandle? own = handle;
            handle = null;
            return new Found(form, own, path.Readable);
        }
        finally
        {
            handle?.Dispose();
        }
    }

    private async Task<Found> ServeFolderAsync(FilePath folder, PageRequest request)
    {
        for (int i = 0; i < _options.DefaultDocuments.Count; i++)
        {
            if (Root.Map(request.Path + _options.DefaultDocuments[i]) is { } document
                && document.Stat().Kind is FileKind.File or FileKind.Denied)
            {
                // Only the first can be found by the path later: one with precedence over another might appear.
                return await ServeAsync(document, request, i == 0 ? request.Key : null).ConfigureAwait(false);
            }
        }

        if (!_options.Browse)
        {
            string documents = string.Join(" or ", _options.DefaultDocuments);
            string text = $"This folder has no {documents}. To see what is in it, start the server with -Browse.";
            return await NotFoundAsync(request, text).ConfigureAwait(false);
        }

        return await ListAsync(folder, request).ConfigureAwait(false);
    }

    private async Task<Found> ListAsync(FilePath folder, PageRequest request)
    {
        string path = PathSegments.WithoutEmpty(request.Path);
        bool asJson = request.WantsJson;
        if (!Listings.Has(path, asJson))
        {
            List<ListingEntry> entries = [];
            bool isReadable = FolderReader.TryRead(Root, folder, (ReadOnlySpan<char> name, in FileStamp stamp) =>
            {
                entries.Add(ListingEntry.Of(name, stamp));
                return entries.Count <= LargeListings.MostSmall;
            });
            if (!isReadable)
            {
                return new Found(Unreadable(request));
            }

            if (entries.Count <= LargeListings.MostSmall)
            {
                return new Found(ListingOf(asJson, asJson ? FolderListing.Json(path, entries) : FolderListing.Html(path, entries)));
            }
        }

        if (Listings.MakeAsync(folder, path, asJson, request.HasLeft) is not { } making)
        {
            const string Text = "The server makes or sends too many long listings. Try again in a moment.";
            return new Found(_pages.Status(request.WantsHtml, 503, Text, FieldLines.Field("Retry-After", "1")));
        }

        return await making.ConfigureAwait(false) is { } page
            ? new Found(ListingOf(asJson, []), Listing: page)
            : new Found(Unreadable(request));
    }

    private Response Unreadable(PageRequest request)
        => _pages.Status(request.WantsHtml, 403, "The server may not read this folder. Give its user the right to.");

    private Response ListingOf(bool asJson, byte[] content)
    {
        KeyValuePair<string, string> vary = FieldLines.Field("Vary", "Accept");
        return asJson
            ? _pages.Page(200, "application/json; charset=utf-8", content, vary)
            : _pages.Page(
                200,
                "text/html; charset=utf-8",
                content,
                vary,
                FieldLines.Field("Content-Security-Policy", FolderListing.ContentSecurityPolicy));
    }

    private async Task<Found> NotFoundAsync(PageRequest request, string explanation = "There is no such file here.")
    {
        // A path with an extension means a file, and a script asks for data; a page of HTML in its place would confuse.
        bool mayFallBack = _options.SpaFallback is not null && !Path.HasExtension(request.Path);
        if (mayFallBack && request.MayGetFallback
            && await TryServeAsync(_options.SpaFallback!, request).ConfigureAwait(false) is { } page)
        {
            return page with { VariesByAccept = true };
        }

        if (_options.NotFoundPage is { } notFound
            && await TryServeAsync(notFound, request with { AcceptEncoding = [] }).ConfigureAwait(false)
                is (FileForm form, var handle, var path, _))
        {
            // The file may be created later, so this response has no fields that let a client reuse it.
            IEnumerable<KeyValuePair<string, string>> encoding
                = form.Encoding is null ? [] : [FieldLines.Field("Content-Encoding", form.Encoding)];
            Response response = new() { Status = 404, Fields = _fields.FormatPage(form.MediaType, encoding), Content = form.Content };
            return new Found(response, handle, path) { VariesByAccept = mayFallBack };
        }

        return new Found(_pages.Status(request.WantsHtml, 404, explanation));
    }

    /// <summary>The response with a file that replaces others; null if it does not exist.</summary>
    private async Task<Found?> TryServeAsync(string name, PageRequest request)
    {
        string urlPath = "/" + (OperatingSystem.IsWindows() ? name.Replace('\\', '/') : name).TrimStart('/');
        return Root.Map(urlPath) is { } path
            ? await TryServeAsync(path, request, key: Encoding.UTF8.GetBytes("\0" + urlPath)).ConfigureAwait(false)
            : null;
    }
}
