using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PSNetLab.Engine.Http.Files;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Tests;

/// <summary>The cache holds the right content, and not too much of it.</summary>
public sealed class FileCacheTests : IDisposable
{
    private const int MostBytes = 64 * 1024 * 1024;

    private readonly WebFolder _folder = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);
    private readonly WebSite _site;

    public FileCacheTests() => _site = new StaticSiteHandler(new() { Folder = _folder.Path, Clock = _clock }).Site;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_found_is_what_is_on_disk_now()
    {
        _folder.Write("a", "old");
        await _folder.SettleAsync(_clock);
        WebFile file = Load("a");
        Assert.Same(file, _site.Files.Add("/a"u8.ToArray(), file));

        Assert.Same(file, _site.Files.Find("/a"u8));
        Assert.Null(_site.Files.Find("/b"u8));
        Assert.Null(_site.Files.Find("/a/"u8));
        _folder.Write("a", "new");
        Assert.Null(_site.Files.Find("/a"u8));
        File.Delete(_folder.PathOf("a"));
        Assert.Null(_site.Files.Find("/a"u8));
    }

    /// <summary>A loop thread reads a file only if the system has it in memory.</summary>
    [Fact]
    public async Task What_was_not_looked_at_for_a_while_or_is_far_away_is_cold()
    {
        _folder.Write("a", "content");
        await _folder.SettleAsync(_clock);
        WebFile file = Load("a");
        _site.Files.Add("/a"u8.ToArray(), file);
        Assert.Null(_site.Files.Find("/a"u8, onlyIfWarm: true));
        Assert.Same(file, _site.Files.Find("/a"u8));
        Assert.Same(file, _site.Files.Find("/a"u8, onlyIfWarm: true));

        FileCache far = new(_clock, localDevice: null);
        far.Add("/a"u8.ToArray(), file);
        Assert.Same(file, far.Find("/a"u8));
        Assert.Null(far.Find("/a"u8, onlyIfWarm: true));
    }

    [Fact]
    public void What_may_change_unnoticed_is_not_kept()
    {
        _folder.Write("a", "content");
        WebFile file = Load("a");

        Assert.Same(file, _site.Files.Add("/a"u8.ToArray(), file));

        Assert.Null(_site.Files.Find("/a"u8));
    }

    [Fact]
    public async Task Of_two_that_bring_the_same_file_the_first_is_kept_for_both()
    {
        _folder.Write("a", "content");
        await _folder.SettleAsync(_clock);
        WebFile first = Load("a");
        WebFile second = Load("a");

        Assert.Same(first, _site.Files.Add("/a"u8.ToArray(), first));
        Assert.Same(first, _site.Files.Add("/a"u8.ToArray(), second));
    }

    /// <summary>/a.txt, //a.txt, /%61.txt: what is made of the file, such as its compressed forms, is made once.</summary>
    [Fact]
    public async Task A_file_is_kept_once_for_all_spellings_of_its_path()
    {
        _folder.Write("a.txt", WebFolder.Prose(5000));
        _folder.Write("A.txt", WebFolder.Prose(5000, seed: 2));
        await _folder.SettleAsync(_clock);

        FileForm form = await FindAsync("/a.txt", "/a.txt");
        foreach (string spelling in new[] { "//a.txt", "/%61.txt", "/a%2Etxt" })
        {
            Assert.Same(form, await FindAsync(spelling, spelling[..2] == "//" ? spelling : "/a.txt"));
            Assert.Same(form, _site.TryFind(HttpHead.Bytes(spelling), "gzip"u8));
        }

        // On most systems, case tells files apart.
        Assert.Equal(
            File.ReadAllBytes(_folder.PathOf("A.txt")), Codings.Unzip((await FindAsync("/A.txt", "/A.txt")).Content.Bytes.ToArray()));
        Assert.Same(form.Content.Copy, _site.TryFind("/a.txt"u8, "gzip"u8)!.Content.Copy);
    }

    /// <summary>A link says by its name what type the file is of.</summary>
    [UnixFact]
    public async Task A_link_is_a_file_of_its_own()
    {
        _folder.Write("a.txt", WebFolder.Prose(5000));
        File.CreateSymbolicLink(_folder.PathOf("a.html"), "a.txt");
        await _folder.SettleAsync(_clock);

        Assert.StartsWith("text/plain", (await FindAsync("/a.txt", "/a.txt")).MediaType, StringComparison.Ordinal);
        Assert.StartsWith("text/html", (await FindAsync("/a.html", "/a.html")).MediaType, StringComparison.Ordinal);
    }

    /// <summary>
    /// A crawler that makes the server compress one file after the other must not make it look at all the others each time.
    /// </summary>
    [Fact]
    public async Task To_compress_a_file_costs_the_same_however_many_there_are()
    {
        const int Count = 10_000;
        _folder.Write("a.txt", WebFolder.Prose(1100));
        await _folder.SettleAsync(_clock);
        using SafeFileHandle handle = new FilePath(_folder.PathOf("a.txt")).Open(out FileStamp stamp)!;
        WebFile[] files = [.. Enumerable.Range(0, Count).Select(
            i => _site.NewFile(new FilePath(_folder.PathOf($"{i}.txt")), handle, stamp))];
        Assert.All(files, file => Assert.Same(file, _site.Files.Add(null, file)));
        Assert.NotNull(files[0].Compress(ContentCoding.Gzip));

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.NotNull(files[1].Compress(ContentCoding.Gzip));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Count * IntPtr.Size / 2);
    }

    [Fact]
    public async Task A_changed_file_takes_the_place_of_the_old_one()
    {
        _folder.Write("a", "old");
        await _folder.SettleAsync(_clock);
        WebFile old = Load("a");
        _site.Files.Add("/a"u8.ToArray(), old);
        _folder.Write("a", "new");
        await _folder.SettleAsync(_clock);
        WebFile changed = Load("a");

        Assert.Same(changed, _site.Files.Add("/a"u8.ToArray(), changed));

        Assert.Same(changed, _site.Files.Find("/a"u8));
    }

    [Fact]
    public async Task Many_files_together_do_not_weigh_more_than_the_limit_and_the_used_ones_stay()
    {
        const int Count = 3000;
        _folder.Write("a", WebFolder.Noise(60_000));
        await _folder.SettleAsync(_clock);
        _site.Files.Add("/used"u8.ToArray(), Load("a"));
        for (int i = 0; i < Count; i++)
        {
            _site.Files.Add(Key(i), Load("a", $"{i}"));
            Assert.NotNull(_site.Files.Find("/used"u8));
        }

        int kept = Enumerable.Range(0, Count).Count(i => _site.Files.Lookup(Key(i)) is not null);
        Assert.InRange(kept, MostBytes / 62_500 / 2 - 1, MostBytes / 60_000);
    }

    /// <summary>One small file has as many names as somebody thinks of: /a, //a, /%61 …</summary>
    [Fact]
    public async Task Long_names_weigh_too()
    {
        const int Count = 20_000;
        _folder.Write("a", "a");
        await _folder.SettleAsync(_clock);
        WebFile file = Load("a");
        string padding = new('/', 8000);
        for (int i = 0; i < Count; i++)
        {
            _site.Files.Add(HttpHead.Bytes($"{padding}{i}"), file);
        }

        int kept = Enumerable.Range(0, Count).Count(i => _site.Files.Find(HttpHead.Bytes($"{padding}{i}")) is not null);
        Assert.InRange(kept, 1, MostBytes / 8000);
    }

    /// <summary>A file grows when a compressed form of it is made, or one that was compressed beforehand is read.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Compressed_forms_weigh_too(bool beforehand)
    {
        const int Count = 1500;
        byte[] text = WebFolder.Prose(50_000);
        _folder.Write("a.txt", text);
        if (beforehand)
        {
            _folder.Write("a.txt.gz", Codings.Loosely(text, "gzip"));
        }

        await _folder.SettleAsync(_clock);
        int formLength = (await Load("a.txt").MakeAsync("gzip"u8.ToArray())).Content.Bytes.Length;
        Assert.Equal(beforehand, formLength == Codings.Loosely(text, "gzip").Length);
        for (int i = 0; i < Count; i++)
        {
            if (beforehand)
            {
                File.CreateSymbolicLink(_folder.PathOf($"{i}.txt.gz"), "a.txt.gz");
            }

            WebFile file = _site.Files.Add(Key(i), Load("a.txt", $"{i}.txt"));
            await file.MakeAsync("gzip"u8.ToArray());
        }

        int kept = Enumerable.Range(0, Count).Count(i => _site.Files.Lookup(Key(i)) is not null);
        Assert.InRange(kept, 1, MostBytes / (text.Length + formLength) + 1);
    }

    [Fact]
    public async Task Many_threads_add_find_and_grow()
    {
        for (int i = 0; i < 20; i++)
        {
            _folder.Write($"{i}.txt", WebFolder.Prose(60_000, seed: i));
        }

        for (int i = 0; i < 3000; i++)
        {
            File.CreateSymbolicLink(_folder.PathOf($"link {i}.txt"), $"{i % 20}.txt");
        }

        await _folder.SettleAsync(_clock);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(seed => Task.Run(async () =>
        {
            Random random = new(seed);
            for (int i = 0; i < 500; i++)
            {
                int number = random.Next(3000);
                byte[] key = Key(number);
                WebFile file = _site.Files.Find(key) ?? _site.Files.Add(key, Load($"link {number}.txt"));
                if (random.Next(10) == 0)
                {
                    Assert.True((await file.MakeAsync("gzip"u8.ToArray())).IsInMemory);
                }
            }
        })));

        // Whatever the outcome, the sum stays right: room for one file can be made again and again.
        int kept = Enumerable.Range(0, 3000).Count(i => _site.Files.Find(Key(i)) is not null);
        Assert.InRange(kept, 100, MostBytes / 60_000);
    }

    private static byte[] Key(int number) => HttpHead.Bytes("/" + number.ToString(CultureInfo.InvariantCulture));

    private async Task<FileForm> FindAsync(string spelling, string path)
    {
        PageRequest request = new(path, HttpHead.Bytes(spelling), string.Empty, "gzip"u8.ToArray(), WantsJson: false, WantsHtml: false);
        return Assert.IsType<FileForm>((await _site.FindAsync(request)).Response);
    }

    /// <summary>A file, perhaps as if it were another one of the same content.</summary>
    private WebFile Load(string name, string? asName = null)
    {
        using SafeFileHandle handle = new FilePath(_folder.PathOf(name)).Open(out FileStamp stamp)!;
        return _site.NewFile(new FilePath(_folder.PathOf(asName ?? name)), handle, stamp);
    }
}
