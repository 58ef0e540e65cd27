using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PSNetLab.Engine.Http.Files;

namespace PSNetLab.Engine.Tests;

/// <summary>The cache holds what is right, and not too much of it.</summary>
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

    /// <summary>A thread that serves others asks the system only for what it surely has in memory.</summary>
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
        Assert.Same(second, _site.Files.Add("/b"u8.ToArray(), second));
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
            _site.Files.Add(Key(i), Load("a"));
            Assert.NotNull(_site.Files.Find("/used"u8));
        }

        int kept = Enumerable.Range(0, Count).Count(i => _site.Files.Find(Key(i)) is not null);
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
            _folder.Write("a.txt.gz", WebFolder.Noise(60_000));
        }

        await _folder.SettleAsync(_clock);
        int formLength = (await Load("a.txt").MakeAsync("gzip"u8.ToArray())).Content.Bytes.Length;
        Assert.Equal(beforehand, formLength == 60_000);
        for (int i = 0; i < Count; i++)
        {
            WebFile file = _site.Files.Add(Key(i), Load("a.txt"));
            await file.MakeAsync("gzip"u8.ToArray());
        }

        int kept = Enumerable.Range(0, Count).Count(i => _site.Files.Find(Key(i)) is not null);
        Assert.InRange(kept, 1, MostBytes / (text.Length + formLength) + 1);
    }

    [Fact]
    public async Task Many_threads_add_find_and_grow()
    {
        for (int i = 0; i < 20; i++)
        {
            _folder.Write($"{i}.txt", WebFolder.Prose(60_000, seed: i));
        }

        await _folder.SettleAsync(_clock);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(seed => Task.Run(async () =>
        {
            Random random = new(seed);
            for (int i = 0; i < 500; i++)
            {
                int number = random.Next(20);
                byte[] key = Key(random.Next(3000));
                WebFile file = _site.Files.Find(key) ?? _site.Files.Add(key, Load($"{number}.txt"));
                if (random.Next(10) == 0)
                {
                    Assert.True((await file.MakeAsync("gzip"u8.ToArray())).IsInMemory);
                }
            }
        })));

        // However it came out, the sum is kept right: room for one file can be made again and again.
        int kept = Enumerable.Range(0, 3000).Count(i => _site.Files.Find(Key(i)) is not null);
        Assert.InRange(kept, 100, MostBytes / 60_000);
    }

    private static byte[] Key(int number) => HttpHead.Bytes("/" + number.ToString(CultureInfo.InvariantCulture));

    private WebFile Load(string name)
    {
        FilePath path = new(_folder.PathOf(name));
        using SafeFileHandle handle = path.Open(out FileStamp stamp)!;
        return _site.NewFile(path, handle, stamp);
    }
}
