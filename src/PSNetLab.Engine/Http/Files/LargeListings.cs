using System.Runtime.CompilerServices;

namespace PSNetLab.Engine.Http.Files;

/// <summary>
/// The listings of large folders. A page is made once for all who ask at the same time, few pages at a time, and it is made again
/// only when something that it shows has changed.
/// </summary>
/// <remarks>
/// The stamp of a folder says whether a name has come or gone, but nothing about the sizes and dates of its files. So a page is sent
/// without another look for a second, if the stamp holds. After that, all entries are compared with what it shows, which takes a
/// fraction of the time and no memory.
/// </remarks>
/// <param name="root">Where the folders are.</param>
/// <param name="clock">What tells how old a folder and a page are.</param>
/// <param name="mostBytesInUse">While the pages that are being sent take more, no further one is made.</param>
internal sealed class LargeListings(WebRoot root, TimeProvider clock, long mostBytesInUse = 256 * 1024 * 1024)
{
    /// <summary>The most entries of a folder that is not large: its page is made on the spot, for each request.</summary>
    internal const int MostSmall = 500;

    private const int MostWaiting = 64;
    private const long MostBytesKept = 64 * 1024 * 1024;

    // Short of the large object heap, so that a page takes no more than it has.
    private const int PieceBytes = 64 * 1024;

    // Between two looks at who still waits for a page.
    private const int EntriesPerLook = 256;

    /// <summary>How old the sizes and dates on a page may be.</summary>
    private static readonly TimeSpan s_oldest = TimeSpan.FromSeconds(1);

    private readonly SharedWork<(string Path, bool AsJson), FolderPage?> _works = new(MostWaiting);
    private readonly Dictionary<(string Path, bool AsJson), FolderPage> _kept = [];
    private readonly StrongBox<long> _inUse = new();

    /// <summary>Whether there is a page of a folder, which may be out of date.</summary>
    internal bool Has(string path, bool asJson)
    {
        lock (_kept)
        {
            return _kept.ContainsKey((path, asJson));
        }
    }

    /// <summary>The listing of a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="path">Its path in the request, decoded; it starts and ends with a slash.</param>
    /// <param name="asJson">Whether for a program.</param>
    /// <param name="hasLeft">Tells whether whoever asks has gone.</param>
    /// <returns>
    /// Null if there is too much to do; in the task, null if the folder cannot be read, or everyone has gone who waited for it.
    /// </returns>
    internal Task<FolderPage?>? MakeAsync(FilePath folder, string path, bool asJson, Func<bool> hasLeft)
    {
        (string, bool) key = (path, asJson);
        if (Find(key) is { } page && page.LookedAt is { } look && clock.GetElapsedTime(look.Time) < s_oldest && folder.Stat() == look.Folder)
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
        FolderPage.Look? look = LookAt(folder);
        if (Find(key) is { } before)
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
        FolderPage page = new(digest.Take(), pieces, _inUse) { LookedAt = look };
        Keep(key, entries.Count > MostSmall ? page : null);
        return page;
    }

    /// <returns>Null if a name could come or go without a trace, because the last one did so just now.</returns>
    private FolderPage.Look? LookAt(FilePath folder)
    {
        long now = clock.GetTimestamp();
        FileStamp stamp = folder.Stat();
        return stamp.MayChangeUnnoticed(clock) ? null : new FolderPage.Look(now, stamp);
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

    /// <summary>Keeps a page, or none, in place of the one before.</summary>
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
