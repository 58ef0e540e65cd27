using System.Text;
using Microsoft.Win32.SafeHandles;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Files;

/// <summary>A GET or HEAD request, as far as it says what is wanted.</summary>
/// <param name="Path">The decoded path.</param>
/// <param name="Key">The path as it came.</param>
/// <param name="Query">The question mark and what follows, or nothing.</param>
/// <param name="AcceptEncoding">The value of the field; empty when only the file as it is will do.</param>
/// <param name="WantsJson">Whether a program asks.</param>
/// <param name="WantsHtml">Whether a browser asks.</param>
internal sealed record PageRequest(string Path, byte[] Key, string Query, byte[] AcceptEncoding, bool WantsJson, bool WantsHtml)
{
    /// <summary>Tells whether the client has gone.</summary>
    internal Func<bool> HasLeft { get; init; } = () => false;
}

/// <summary>The response to a request, and what has its content if the response itself does not.</summary>
/// <param name="Response">The response.</param>
/// <param name="Handle">The open file.</param>
/// <param name="Path">The path of the file.</param>
/// <param name="Listing">The listing of a large folder.</param>
internal readonly record struct Found(Response Response, SafeFileHandle? Handle = null, string? Path = null, FolderPage? Listing = null);

/// <summary>The folder that is served, as responses.</summary>
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

    /// <summary>What is there for a path, if that needs no more than a look at what was sent before.</summary>
    /// <param name="key">The path as it came.</param>
    /// <param name="acceptEncoding">The value of the field.</param>
    /// <param name="onlyIfWarm">Whether even that look is too much where the system might have to wait for a disk or a network.</param>
    internal FileForm? TryFind(ReadOnlySpan<byte> key, ReadOnlySpan<byte> acceptEncoding, bool onlyIfWarm = false)
        => Files.Find(key, onlyIfWarm)?.TryChoose(acceptEncoding) is { IsInMemory: true } form ? form : null;

    /// <summary>A file that was just opened, to be kept.</summary>
    internal WebFile NewFile(FilePath path, SafeFileHandle handle, FileStamp stamp)
        => new(_options, Root, _fields, _compressions, path, handle, stamp);

    /// <summary>What is there for a path. May wait for the disk.</summary>
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

    /// <summary>A file too large for memory that was sent before, if it is still the same.</summary>
    private Found? TryReopen(PageRequest request)
    {
        // What is opened is compared with what is known: there is no need to look at the path before.
        return Files.Lookup(request.Key)?.TryChoose(request.AcceptEncoding) is { IsInMemory: false } form && form.Source == form.File
            && Root.Open(form.File, form.Stamp) is { } handle
            ? new Found(form, handle, form.File.Text)
            : null;
    }

    private Response Denied(bool asHtml)
        => _pages.Status(asHtml, 403, "The server may not read this file. Give its user the right to, or remove the file from the folder.");

    /// <summary>
    /// The same path with a slash at its end, so that relative links in the page lead into the folder. Never to another
    /// host: one slash at the start, and names that hold none.
    /// </summary>
    private Response Moved(PageRequest request)
    {
        StringBuilder location = new();
        foreach (Range segment in new PathSegments(request.Path))
        {
            location.Append('/').Append(Uri.EscapeDataString(request.Path[segment]));
        }

        location.Append('/').Append(request.Query);
        return _pages.Status(
            request.WantsHtml, 301, "This is a folder; its address ends with a slash.", FieldLines.Field("Location", location.ToString()));
    }

    private async Task<Found> ServeAsync(FilePath path, PageRequest request, byte[]? key)
        => await TryServeAsync(path, request, key).ConfigureAwait(false) ?? await NotFoundAsync(request).ConfigureAwait(false);

    /// <summary>A file; null when there is none inside the root.</summary>
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
                return new Found(form, null, path.Text);
            }

            if (form.Source != file.Path)
            {
                // A large file that was compressed beforehand.
                if (Root.Open(form.Source, form.Stamp) is { } sibling)
                {
                    return new Found(form, sibling, path.Text);
                }

                form = file.Plain;
            }

            SafeFileHandle? own = handle;
            handle = null;
            return new Found(form, own, path.Text);
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
                // Only the first can be kept: before any other, one might appear.
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
                200, "text/html; charset=utf-8", content, vary, FieldLines.Field("Content-Security-Policy", FolderListing.ContentSecurityPolicy));
    }

    private async Task<Found> NotFoundAsync(PageRequest request, string explanation = "There is no such file here.")
    {
        // A name with a dot is meant to be a file, and a page of HTML in its place would only confuse.
        if (_options.SpaFallback is { } fallback && !Path.HasExtension(request.Path)
            && await TryServeAsync(fallback, request).ConfigureAwait(false) is { } page)
        {
            return page;
        }

        if (_options.NotFoundPage is { } notFound
            && await TryServeAsync(notFound, request with { AcceptEncoding = [] }).ConfigureAwait(false)
                is (FileForm form, var handle, var path, _))
        {
            // What is not there may come, so nothing that lets a client keep the page belongs to it.
            Response response = new() { Status = 404, Fields = _fields.FormatPage(form.MediaType, []), Content = form.Content };
            return new Found(response, handle, path);
        }

        return new Found(_pages.Status(request.WantsHtml, 404, explanation));
    }

    /// <summary>A file that stands in for others; null when it is not there.</summary>
    private async Task<Found?> TryServeAsync(string name, PageRequest request)
    {
        string urlPath = "/" + (OperatingSystem.IsWindows() ? name.Replace('\\', '/') : name).TrimStart('/');
        return Root.Map(urlPath) is { } path
            ? await TryServeAsync(path, request, key: Encoding.UTF8.GetBytes("\0" + urlPath)).ConfigureAwait(false)
            : null;
    }
}
