using System.Text.Json;
using PSNetLab.Engine.Http.Files;

namespace PSNetLab.Engine.Tests;

public sealed class LargeListingsTests : IClassFixture<LargeListingsTests.LargeFolder>
{
    private const int Count = LargeListings.MostSmall + 100;

    private readonly WebFolder _folder;
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);
    private readonly WebSite _site;

    public LargeListingsTests(LargeFolder large)
    {
        _folder = large.Folder;
        _site = new StaticSiteHandler(new() { Folder = _folder.Path, Clock = _clock, Browse = true }).Site;
    }

    public static TheoryData<TransportKind> Kinds => new(TransportPair.Kinds);

    /// <summary>Each of them once had a page of its own: half a second of work and 20 MB for 100,000 files.</summary>
    [Fact]
    public async Task Those_who_ask_for_a_folder_get_the_same_page_while_it_is_as_it_was()
    {
        FolderPage[] pages = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => FindAsync())).Soon();

        FolderPage page = Assert.Single(pages.Distinct());
        Assert.Same(page, await FindAsync("//sub//"));
        await _folder.SettleAsync(_clock);
        Assert.Same(page, await FindAsync());
        Assert.Same(page, await FindAsync());
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Same(page, await FindAsync());
    }

    [Fact]
    public async Task A_page_in_pieces_is_the_page()
    {
        List<ListingEntry> entries = [];
        WebRoot root = _site.Root;
        Assert.True(FolderReader.TryRead(root, root.Map("/sub")!, (ReadOnlySpan<char> name, in FileStamp stamp) =>
        {
            entries.Add(ListingEntry.Of(name, stamp));
            return true;
        }));

        FolderPage html = await FindAsync(asJson: false), json = await FindAsync();

        Assert.Equal(FolderListing.Html("/sub/", entries), html.Pieces.SelectMany(piece => piece));
        Assert.Equal(FolderListing.Json("/sub/", entries), json.Pieces.SelectMany(piece => piece));
        Assert.All([.. html.Pieces, .. json.Pieces], piece => Assert.InRange(piece.Length, 1, 80_000));
    }

    /// <summary>The folder itself does not change when a file in it grows.</summary>
    [Fact]
    public async Task A_new_size_shows_after_a_second_and_a_new_name_at_once()
    {
        FolderPage fresh = await FindAsync();
        _folder.Write("sub/file number 7.txt", new byte[4711]);
        Assert.Contains("4711", Text(await FindAsync()), StringComparison.Ordinal);
        await _folder.SettleAsync(_clock);
        FolderPage page = await FindAsync();
        Assert.NotSame(fresh, page);

        _folder.Write("sub/file number 7.txt", new byte[4712]);
        Assert.Same(page, await FindAsync());
        _clock.Advance(TimeSpan.FromSeconds(1));
        FolderPage larger = await FindAsync();
        Assert.Contains("4712", Text(larger), StringComparison.Ordinal);

        _folder.Write("sub/other.txt", []);
        FolderPage longer = await FindAsync();
        Assert.Contains("other.txt", Text(longer), StringComparison.Ordinal);
        File.Delete(_folder.PathOf("sub/other.txt"));
        Assert.DoesNotContain("other.txt", Text(await FindAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_has_become_small_is_not_large_any_more()
    {
        await FindAsync();
        for (int i = LargeListings.MostSmall; i < Count; i++)
        {
            File.Delete(_folder.PathOf($"sub/file number {i}.txt"));
        }

        Assert.Equal(LargeListings.MostSmall, JsonDocument.Parse(Text(await FindAsync())).RootElement.GetArrayLength());
        Assert.Null((await _site.FindAsync(Request("/sub/", asJson: true)).Soon()).Listing);
        LargeFolder.Fill(_folder);
    }

    [Fact]
    public async Task The_work_ends_when_all_have_left_who_wait_for_it()
    {
        int looks = 0;

        FolderPage? page = await MakeAsync(_site.Listings, () => ++looks > 1)!.Soon();

        Assert.Null(page);
        Assert.Equal(2, looks);
        Assert.False(_site.Listings.Has("/sub/", asJson: true));
    }

    [Fact]
    public async Task No_more_pages_are_made_while_too_many_are_being_sent()
    {
        LargeListings listings = new(_site.Root, _clock, mostBytesInUse: 1);
        FolderPage page = (await MakeAsync(listings)!.Soon())!;
        using (page.BeginUse())
        {
            Assert.Null(MakeAsync(listings));
        }

        Assert.Same(page, await MakeAsync(listings)!.Soon());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_long_listing_is_an_answer_like_any_other(TransportKind kind)
    {
        await using ServedConnection served = await ServedConnection.StartAsync(kind, new() { Folder = _folder.Path, Browse = true });

        HttpAnswer json = await served.Client.GetAsync("/sub/", "Accept: application/json");
        HttpRequestRecord record = await served.RecordAsync();
        HttpAnswer head = await served.Client.AskAsync("HEAD", "/sub/", "Accept: application/json");
        HttpAnswer html = await served.Client.GetAsync("/sub/", "Accept: text/html");

        Assert.Equal((200, "application/json; charset=utf-8", "Accept"), (json.Status, json["Content-Type"], json["Vary"]));
        Assert.Equal(Count, JsonDocument.Parse(json.Body).RootElement.GetArrayLength());
        Assert.Equal((200, true, (long)json.Body.Length), (record.Status, record.Completed, record.BytesSent));
        Assert.Equal((200, json["Content-Length"], 0), (head.Status, head["Content-Length"], head.Body.Length));
        Assert.Equal(Count, new ListingPage(html.Body).Rows.Count);
        Assert.NotNull(html["Content-Security-Policy"]);
    }

    /// <summary>Made once for all tests; each leaves it as large as it was.</summary>
    public sealed class LargeFolder : IDisposable
    {
        public LargeFolder() => Fill(Folder);

        internal WebFolder Folder { get; } = new();

        internal static void Fill(WebFolder folder)
        {
            Directory.CreateDirectory(folder.PathOf("sub"));
            for (int i = 0; i < Count; i++)
            {
                File.AppendAllText(folder.PathOf($"sub/file number {i}.txt"), string.Empty);
            }
        }

        public void Dispose() => Folder.Dispose();
    }

    private Task<FolderPage?>? MakeAsync(LargeListings listings, Func<bool>? hasLeft = null)
        => listings.MakeAsync(_site.Root.Map("/sub")!, "/sub/", asJson: true, hasLeft ?? (() => false));

    private async Task<FolderPage> FindAsync(string path = "/sub/", bool asJson = true)
    {
        Found found = await Task.Run(() => _site.FindAsync(Request(path, asJson))).Soon();
        Assert.Equal(200, found.Response.Status);
        return Assert.IsType<FolderPage>(found.Listing);
    }

    private static PageRequest Request(string path, bool asJson)
        => new(path, HttpHead.Bytes(path), string.Empty, [], asJson, !asJson);

    private static string Text(FolderPage page) => System.Text.Encoding.UTF8.GetString([.. page.Pieces.SelectMany(piece => piece)]);
}
