using System.Runtime.CompilerServices;

namespace PSNetLab.Engine.Http.Files;

/// <summary>
/// Makes the listings of large folders: each page once for all who ask for it at the same time, few pages at a time, and again
/// only if something on it has changed.
/// </summary>
/// <remarks>
/// The stamp of a folder changes when a name is added or removed, but not when a file grows. So a page is trusted for a second while
/// the stamp is the same. After that, all entries are compared with a hash of what it shows, which takes a fraction of the time and
/// no memory. If the stamp has changed, there is nothing to compare: a new page is made.
/// </remarks>
/// <param name="root">The folder of the site.</param>
/// <param name="clock">Measures the age of folders and pages.</param>
/// <param name="mostBytesInUse">No page is made while those that are being sent have more bytes than this.</param>
internal sealed class LargeListings(WebRoot root, TimeProvider clock, long mostBytesInUse = 256 * 1024 * 1024)
{
    /// <summary>A folder with no more entries is not large: its page is simply made for each request.</summary>
    internal const int MostSmall = 500;

    private const int MostWaiting = 64;
    private const long MostBytesKept = 64 * 1024 * 1024;

    // Small enough to stay out of the large object heap.
    private const int PieceBytes = 64 * 1024;

    // How often to check whether somebody still waits for the page.
    private const int EntriesPerLook = 256;

    /// <summary>The maximum age of the sizes and dates on a page.</summary>
    private static readonly TimeSpan s_oldest = TimeSpan.FromSeconds(1);

    private readonly SharedWork<(string Path, bool AsJson), FolderPage?> _works = new(MostWaiting);
    private readonly Dictionary<(string Path, bool AsJson), FolderPage> _kept = [];
    private readonly StrongBox<long> _inUse = new();

    /// <summary>Whether a page of a folder is kept. It may be out of date.</summary>
    internal bool Has(string path, bool asJson)
    {
        lock (_kept)
        {
            return _kept.ContainsKey((path, asJson));
        }
    }

    /// <summary>Makes or finds the listing of a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="path">Its path on the server, decoded; it starts and ends with a slash.</param>
    /// <param name="asJson">Whether as JSON; otherwise as HTML.</param>
    /// <param name="hasLeft">Says whether the client has left.</param>
    /// <returns>
    /// Null if the server is too busy. The result is null if the folder cannot be read or all clients who waited for it have left.
    /// </returns>
    internal Task<FolderPage?>? MakeAsync(FilePath folder, string path, bool asJson, Func<bool> hasLeft)
    {
        (string, bool) key = (path, asJson);
        if (Find(key) is { } page && page.LookedAt is { } look
            && clock.GetElapsedTime(look.Time) < s_oldest && folder.Stat() == look.Folder)
        {
            return Task.FromResult<FolderPage?>(page);
        }

        return Interlocked.Read(ref _inUse.Value) > mostBytesInUse ? null
            : _works.DoAsync(key, isWanted => Make(folder, key, isWanted), afresh: true, hasLeft);
    }

    /// <summary>Forgets all pages.</summary>
    internal void Clear()
    {
        lock (_kept)
        {
            _kept.Clear();
        }
    }

    private FolderPage? Make(FilePath folder, (string Path, bool AsJson) key, Func<bool> isWanted)
    {
        using FolderDigest digest = new();
        long now = clock.GetTimestamp();
        FileStamp stamp = folder.Stat();

        // A folder that has just changed is not trusted: another change might leave its stamp as it is.
        FolderPage.Look? look = stamp.MayChangeUnnoticed(clock) ? null : new FolderPage.Look(now, stamp);
        if (Find(key) is { } before && before.Folder == stamp)
        {
            if (!TryRead(folder, digest, entries: null, isWanted))
            {
                return null;
            }

            if (before.Digest.SequenceEqual(digest.Take()))
            {
                before.LookedAt = look;
                return before;
            }
        }

        List<ListingEntry> entries = [];
        if (!TryRead(folder, digest, entries, isWanted))
        {
            return null;
        }

        List<byte[]> pieces = key.AsJson
            ? FolderListing.Json(key.Path, entries, PieceBytes)
            : FolderListing.Html(key.Path, entries, PieceBytes);
        FolderPage page = new(stamp, digest.Take(), pieces, _inUse) { LookedAt = look };
        Keep(key, entries.Count > MostSmall ? page : null);
        return page;
    }

    private bool TryRead(FilePath folder, FolderDigest digest, List<ListingEntry>? entries, Func<bool> isWanted)
    {
        int count = 0;
        bool goesOn = isWanted();
        return goesOn && FolderReader.TryRead(root, folder, Visit) && goesOn;

        bool Visit(ReadOnlySpan<char> name, in FileStamp stamp)
        {
            digest.Add(name, stamp);
            entries?.Add(ListingEntry.Of(name, stamp));
            goesOn = ++count % EntriesPerLook != 0 || isWanted();
            return goesOn;
        }
    }

    private FolderPage? Find((string Path, bool AsJson) key)
    {
        lock (_kept)
        {
            if (_kept.TryGetValue(key, out FolderPage? page))
            {
                page.LastUsed = Environment.TickCount64;
            }

            return page;
        }
    }

    /// <summary>Replaces the kept page; null removes it.</summary>
    private void Keep((string Path, bool AsJson) key, FolderPage? page)
    {
        lock (_kept)
        {
            _kept.Remove(key);
            if (page is null)
            {
                return;
            }

            page.LastUsed = Environment.TickCount64;
            _kept.Add(key, page);
            while (_kept.Values.Sum(kept => kept.Length) > MostBytesKept)
            {
                _kept.Remove(_kept.MinBy(kept => kept.Value.LastUsed).Key);
            }
        }
    }
}
