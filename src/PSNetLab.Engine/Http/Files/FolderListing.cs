using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Files;

/// <summary>The listing of a folder, for people and for programs.</summary>
internal static class FolderListing
{
    private const int PageBytes = 8192;
    private const int EntryBytes = 192;

    private static readonly PageTemplate Template = new("listing.html");
    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    /// <summary>The Content-Security-Policy of the HTML form.</summary>
    internal static string ContentSecurityPolicy => Template.ContentSecurityPolicy;

    /// <summary>The listing as a page. All its links are relative, so it works behind a proxy that changes the path.</summary>
    /// <param name="path">The folder's path, decoded; it starts and ends with a slash.</param>
    /// <param name="entries">Its entries. They are sorted here.</param>
    internal static byte[] Html(string path, List<ListingEntry> entries) => Html(path, entries, int.MaxValue)[0];

    /// <summary>The same in pieces.</summary>
    /// <param name="path">The folder's path, decoded; it starts and ends with a slash.</param>
    /// <param name="entries">Its entries. They are sorted here.</param>
    /// <param name="pieceBytes">The approximate size of a piece.</param>
    internal static List<byte[]> Html(string path, List<ListingEntry> entries, int pieceBytes)
    {
        entries.Sort(ListingOrder.Instance);
        using var page = new PageWriter(PageBytes + (int)Math.Min((long)entries.Count * EntryBytes, pieceBytes));
        List<byte[]> pieces = [];
        Template.Write(page, field =>
        {
            switch (field)
            {
                case "title":
                    page.Text(path);
                    break;
                case "crumbs":
                    WriteCrumbs(page, path);
                    break;
                case "summary":
                    WriteSummary(page, entries);
                    break;
                case "parent" when path != "/":
                    page.Markup("<tbody><tr class=up><th scope=row><a href=\"../\">Parent folder</a><td><td>\n"u8);
                    break;
                case "entries":
                    WriteRows(page, entries, pieces, pieceBytes);
                    break;
            }
        });
        pieces.Add(page.Take());
        return pieces;
    }

    /// <summary>
    /// The listing as a JSON array of objects: name, type ("folder" or "file"), size (null for a folder), modified, href.
    /// </summary>
    /// <param name="path">The folder's path, decoded; it starts and ends with a slash.</param>
    /// <param name="entries">Its entries. They are sorted here.</param>
    internal static byte[] Json(string path, List<ListingEntry> entries) => Json(path, entries, int.MaxValue)[0];

    /// <summary>The same in pieces.</summary>
    /// <param name="path">The folder's path, decoded; it starts and ends with a slash.</param>
    /// <param name="entries">Its entries. They are sorted here.</param>
    /// <param name="pieceBytes">The approximate size of a piece.</param>
    internal static List<byte[]> Json(string path, List<ListingEntry> entries, int pieceBytes)
    {
        entries.Sort(ListingOrder.Instance);
        using var page = new PageWriter(PageBytes + (int)Math.Min((long)entries.Count * EntryBytes, pieceBytes));
        using var href = new PageWriter(PageBytes);
        List<byte[]> pieces = [];
        // Without empty names: a reference that starts with two slashes means another host.
        foreach (Range segment in new PathSegments(path))
        {
            href.Markup("/"u8);
            href.PathSegment(path.AsSpan(segment));
        }

        href.Markup("/"u8);
        int folderLength = href.Length;
        using var json = new Utf8JsonWriter(page, JsonOptions);
        json.WriteStartArray();
        foreach (ListingEntry entry in entries)
        {
            href.Truncate(folderLength);
            WriteHref(href, entry);
            json.WriteStartObject();
            json.WriteString("name"u8, ByteText.Readable(entry.Name));
            json.WriteString("type"u8, entry.IsFolder ? "folder"u8 : "file"u8);
            if (entry.IsFolder)
            {
                json.WriteNull("size"u8);
            }
            else
            {
                json.WriteNumber("size"u8, entry.Length);
            }

            json.WriteString("modified"u8, DateTime.SpecifyKind(entry.LastWriteTimeUtc, DateTimeKind.Utc));
            json.WriteString("href"u8, href.Written);
            json.WriteEndObject();
            if (page.Length + json.BytesPending >= pieceBytes)
            {
                json.Flush();
                pieces.Add(page.Take());
            }
        }

        json.WriteEndArray();
        json.Flush();
        pieces.Add(page.Take());
        return pieces;
    }

    private static void WriteCrumbs(PageWriter page, string path)
    {
        List<Range> segments = [];
        foreach (Range segment in new PathSegments(path))
        {
            segments.Add(segment);
        }

        WriteCrumb(page, segments.Count, "");
        for (int i = 0; i < segments.Count; i++)
        {
            WriteCrumb(page, segments.Count - 1 - i, path.AsSpan(segments[i]));
        }
    }

    private static void WriteCrumb(PageWriter page, int levelsUp, ReadOnlySpan<char> segment)
    {
        page.Markup("<a href=\""u8);
        page.Markup(levelsUp == 0 ? "./\" aria-current=\"page"u8 : default);
        for (int i = 0; i < levelsUp; i++)
        {
            page.Markup("../"u8);
        }

        page.Markup("\">"u8);
        page.Text(segment);
        page.Markup("/</a>"u8);
    }

    private static void WriteSummary(PageWriter page, List<ListingEntry> entries)
    {
        long total = 0;
        foreach (ListingEntry entry in entries)
        {
            total += entry.IsFolder ? 0 : entry.Length;
        }

        page.Value(entries.Count, "N0");
        page.Markup(entries.Count == 1 ? " item, "u8 : " items, "u8);
        WriteSize(page, total);
    }

    private static void WriteRows(PageWriter page, List<ListingEntry> entries, List<byte[]> pieces, int pieceBytes)
    {
        if (entries.Count == 0)
        {
            page.Markup("<tbody><tr><td colspan=3>This folder is empty.\n"u8);
        }

        foreach (ListingEntry entry in entries)
        {
            page.Markup(entry.IsFolder ? "<tr class=folder><th scope=row><a href=\""u8 : "<tr><th scope=row><a href=\""u8);
            WriteHref(page, entry);
            page.Markup("\">"u8);
            page.Text(entry.Name);
            if (entry.IsFolder)
            {
                page.Markup("/</a><td>"u8);
            }
            else
            {
                page.Markup("</a><td title=\""u8);
                page.Value(entry.Length, "N0");
                page.Markup(entry.Length == 1 ? " byte\">"u8 : " bytes\">"u8);
                WriteSize(page, entry.Length);
            }

            page.Markup("<td><time datetime="u8);
            page.Value(entry.LastWriteTimeUtc, "s");
            page.Markup("Z>"u8);
            page.Value(entry.LastWriteTimeUtc, "yyyy-MM-dd HH:mm");
            page.Markup("</time>\n"u8);
            if (page.Length >= pieceBytes)
            {
                pieces.Add(page.Take());
            }
        }
    }

    private static void WriteHref(PageWriter page, ListingEntry entry)
    {
        page.PathSegment(entry.Name);
        page.Markup(entry.IsFolder ? "/"u8 : default);
    }

    // Truncated, not rounded, so that 1023.99 KiB does not become 1024.0 KiB.
    private static void WriteSize(PageWriter page, long bytes)
    {
        if (bytes < 1024)
        {
            page.Value(bytes);
            page.Markup(" B"u8);
            return;
        }

        int unit = 0;
        for (; bytes >= 1024 * 1024; bytes >>= 10)
        {
            unit++;
        }

        page.Value(bytes >> 10);
        page.Markup("."u8);
        page.Value(((bytes & 1023) * 10) >> 10);
        page.Markup(" "u8);
        page.Markup("KMGTPE"u8.Slice(unit, 1));
        page.Markup("iB"u8);
    }
}
