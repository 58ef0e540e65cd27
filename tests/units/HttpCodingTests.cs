using Microsoft.Win32.SafeHandles;
using PSNetLab.Engine.Http.Files;

namespace PSNetLab.Engine.Tests;

/// <summary>Compressed answers, made here or beforehand.</summary>
public sealed class HttpCodingTests : IDisposable
{
    private readonly WebFolder _folder = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("text.txt", 5000, "gzip", "gzip")]
    [InlineData("text.txt", 5000, "br", "br")]
    [InlineData("text.txt", 500_000, "gzip, br", "br")]
    [InlineData("text.txt", 5000, "gzip;q=1, br;q=0.5", "gzip")]
    [InlineData("text.txt", 5000, "gzip;q=0", null)]
    [InlineData("text.txt", 5000, "deflate", null)]
    [InlineData("text.txt", 5000, "", null)]
    [InlineData("text.txt", 1023, "gzip", null)]
    [InlineData("image.png", 5000, "gzip", null)]
    public async Task The_coding_that_is_liked_best(string name, int length, string accepted, string? coding)
    {
        byte[] content = WebFolder.Prose(length);
        _folder.Write(name, content);
        await using ServedConnection served = await StartAsync();

        HttpAnswer answer = await served.Client.GetAsync("/" + name, $"Accept-Encoding: {accepted}");

        Assert.Equal(coding, answer["Content-Encoding"]);
        Assert.Equal(content, Codings.Decode(answer));
        Assert.Equal(name == "text.txt" ? "Accept-Encoding" : null, answer["Vary"]);

        // Ranges are those of the file as it is.
        Assert.Equal(coding is null ? "bytes" : null, answer["Accept-Ranges"]);
    }

    [Fact]
    public async Task What_does_not_get_smaller_is_sent_as_it_is()
    {
        byte[] content = WebFolder.Noise(5000);
        _folder.Write("a.txt", content);
        await using ServedConnection served = await StartAsync();

        HttpAnswer answer = await served.Client.GetAsync("/a.txt", "Accept-Encoding: gzip");

        Assert.Null(answer["Content-Encoding"]);
        Assert.Equal(content, answer.Body);
    }

    [Fact]
    public async Task Compression_can_be_turned_off()
    {
        _folder.Write("a.txt", WebFolder.Prose(5000));
        _folder.Write("a.txt.gz", Codings.Gzip(WebFolder.Prose(5000)));
        await using ServedConnection served = await StartAsync(noCompression: true);

        HttpAnswer answer = await served.Client.GetAsync("/a.txt", "Accept-Encoding: gzip");

        Assert.Equal((null, null, 5000), (answer["Content-Encoding"], answer["Vary"], answer.Body.Length));
    }

    [Theory]
    [InlineData(5000, "gzip")]
    [InlineData(5000, "br")]
    [InlineData(500_000, "gzip")]
    [InlineData(500_000, "br")]
    [InlineData(100, "gzip")]
    [InlineData(100, "br")]
    public async Task A_file_compressed_beforehand_is_sent_while_it_is_not_older(int length, string coding)
    {
        byte[] content = WebFolder.Prose(length);
        byte[] beforehand = Codings.Loosely(content, coding);
        string path = _folder.Write("a.txt", content);
        string packed = _folder.Write("a.txt." + Suffix(coding), beforehand);
        await _folder.SettleAsync(_clock);
        await using ServedConnection served = await StartAsync();
        for (int round = 0; round < 2; round++)
        {
            HttpAnswer answer = await served.Client.GetAsync("/a.txt", $"Accept-Encoding: {coding}");

            Assert.Equal((coding, "text/plain; charset=utf-8"), (answer["Content-Encoding"], answer["Content-Type"]));
            Assert.Equal(beforehand, answer.Body);
            Assert.Equal(path, (await served.RecordAsync()).File);
        }

        Assert.Equal(content, (await served.Client.GetAsync("/a.txt")).Body);
        File.SetLastWriteTimeUtc(packed, File.GetLastWriteTimeUtc(path).AddSeconds(-1));
        Assert.NotEqual(beforehand, (await served.Client.GetAsync("/a.txt", $"Accept-Encoding: {coding}")).Body);
    }

    public static TheoryData<string, string> Wrong => new()
    {
        { "gzip", "cut" }, { "gzip", "without its end" }, { "gzip", "of another content" }, { "gzip", "of less" }, { "gzip", "of more" },
        { "gzip", "with something after it" }, { "gzip", "in two members" },
        { "gzip", "after an empty member" }, { "gzip", "with something before its trailer" }, { "gzip", "with a wrong checksum" },
        { "gzip", "no such thing" }, { "gzip", "empty" },
        { "br", "cut" }, { "br", "without its end" }, { "br", "of another content" }, { "br", "of less" }, { "br", "of more" },
        { "br", "with something after it" }, { "br", "no such thing" }, { "br", "empty" },
    };

    /// <summary>As gzip and other tools write it: with a name, a comment, an extra field and a checksum of the header.</summary>
    [Theory]
    [InlineData(8, "name\0")]
    [InlineData(4 | 8 | 16, "\u0003\0abcname\0comment\0")]
    [InlineData(2, "\u00a7w")]
    public async Task A_gzip_header_may_have_all_its_parts(byte flags, string parts)
    {
        byte[] content = WebFolder.Prose(5000);
        byte[] bare = Codings.Loosely(content, "gzip");
        byte[] beforehand = [0x1F, 0x8B, 8, flags, 0, 0, 0, 0, 0, 3, .. HttpHead.Bytes(parts), .. bare[10..]];
        _folder.Write("a.txt", content);
        _folder.Write("a.txt.gz", beforehand);
        await _folder.SettleAsync(_clock);
        await using ServedConnection served = await StartAsync();

        HttpAnswer answer = await served.Client.GetAsync("/a.txt", "Accept-Encoding: gzip");

        Assert.Equal(beforehand, answer.Body);
        Assert.Equal(content, Codings.Decode(answer));
    }

    /// <summary>It may still be written, or be something else altogether: index.html.br is Breton.</summary>
    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task What_only_has_the_name_of_a_file_compressed_beforehand_is_never_sent(string coding, string fault)
    {
        foreach (int length in new[] { 100, 5000, 200_000 })
        {
            byte[] content = WebFolder.Prose(length);
            byte[] whole = Codings.Loosely(content, coding);
            byte[] packed = fault switch
            {
                "cut" => whole[..(whole.Length / 2)],
                "without its end" => whole[..^1],
                "of another content" => Codings.Loosely(WebFolder.Prose(length, seed: 2), coding),
                "of less" => Codings.Loosely(content[..^1], coding),
                "of more" => Codings.Loosely([.. content, 0], coding),
                "with something after it" => [.. whole, 0],
                "after an empty member" => [.. Codings.EmptyGzip, .. whole],
                "with something before its trailer" => [.. whole, .. "and more"u8, .. whole[^8..]],
                "with a wrong checksum" => [.. whole[..^8], 0, 0, 0, 0, .. whole[^4..]],
                "in two members" => [.. Codings.Loosely(content[..50], coding), .. Codings.Loosely(content[50..], coding)],
                "empty" => [],
                _ => "Demat d'an holl"u8.ToArray(),
            };
            string name = $"{length}.txt";
            _folder.Write(name, content);
            _folder.Write($"{name}.{Suffix(coding)}", packed);
            await _folder.SettleAsync(_clock);
            await using ServedConnection served = await StartAsync();
            for (int round = 0; round < 3; round++)
            {
                HttpAnswer answer = await served.Client.GetAsync("/" + name, $"Accept-Encoding: {coding}");

                Assert.NotEqual(packed, answer.Body);
                Assert.Equal(content, Codings.Decode(answer));
            }
        }
    }

    [Fact]
    public async Task A_file_compressed_beforehand_is_not_sent_while_it_may_still_be_written()
    {
        byte[] content = WebFolder.Prose(5000);
        byte[] beforehand = Codings.Loosely(content, "gzip");
        _folder.Write("a.txt", content);
        await _folder.SettleAsync(_clock);
        await using ServedConnection served = await StartAsync();
        for (int part = 1; part <= beforehand.Length; part += beforehand.Length / 10)
        {
            _folder.Write("a.txt.gz", beforehand[..part]);

            Assert.Equal(content, Codings.Decode(await served.Client.GetAsync("/a.txt", "Accept-Encoding: gzip")));
        }

        _folder.Write("a.txt.gz", beforehand);
        Assert.NotEqual(beforehand, (await served.Client.GetAsync("/a.txt", "Accept-Encoding: gzip")).Body);
        await _folder.SettleAsync(_clock);
        Assert.Equal(beforehand, (await served.Client.GetAsync("/a.txt", "Accept-Encoding: gzip")).Body);
    }

    /// <summary>Nobody waits for the check of a file that is too large to be compressed.</summary>
    [Fact]
    public async Task A_large_file_is_sent_as_it_is_until_the_compressed_one_is_checked()
    {
        byte[] content = WebFolder.Prose(9_000_000);
        byte[] beforehand = Codings.Loosely(content, "gzip");
        _folder.Write("a.txt", content);
        _folder.Write("a.txt.br", beforehand);
        _folder.Write("a.txt.gz", beforehand);
        await _folder.SettleAsync(_clock);
        await using ServedConnection served = await StartAsync();
        HttpAnswer answer = await served.Client.GetAsync("/a.txt", "Accept-Encoding: gzip");
        for (int tries = 0; answer["Content-Encoding"] is null && tries < 500; tries++)
        {
            Assert.Equal(content, answer.Body);
            answer = await served.Client.GetAsync("/a.txt", "Accept-Encoding: gzip");
        }

        Assert.Equal(beforehand, answer.Body);
        for (int round = 0; round < 3; round++)
        {
            Assert.Null((await served.Client.AskAsync("HEAD", "/a.txt", "Accept-Encoding: br"))["Content-Encoding"]);
        }
    }

    /// <summary>The check of gigabytes takes seconds; what is small is checked and compressed beside it.</summary>
    [Fact]
    public async Task Nobody_who_wants_a_small_file_waits_for_the_check_of_a_large_one()
    {
        byte[] small = WebFolder.Prose(20_000);
        _folder.Write("checked.txt", small);
        _folder.Write("checked.txt.gz", Codings.Loosely(small, "gzip"));
        _folder.Write("made.txt", small);
        string[] large = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(i => $"{i}.txt")];
        const int Unit = 32 * 1024 * 1024;
        const int Units = 64;
        byte[] packed = Codings.GzipOfZeros(Unit, Units);
        foreach (string name in large)
        {
            using FileStream zeros = File.Create(_folder.PathOf(name));
            zeros.SetLength((long)Unit * Units); // takes no room on disk
            _folder.Write(name + ".gz", packed);
        }

        await _folder.SettleAsync(_clock);
        WebSite site = new StaticSiteHandler(new() { Folder = _folder.Path, Clock = _clock }).Site;
        foreach (string name in large)
        {
            using (await AskAsync(name))
            {
            }
        }

        Assert.Null(await AskAsync("checked.txt"));
        Assert.Null(await AskAsync("made.txt"));
        Assert.Contains(large, name => site.Files.Lookup(HttpHead.Bytes("/" + name))!.TryChoose("gzip"u8) is null); // not checked yet
        site.Close();

        async Task<SafeFileHandle?> AskAsync(string name)
        {
            byte[] gzip = "gzip"u8.ToArray();
            PageRequest request = new("/" + name, HttpHead.Bytes("/" + name), string.Empty, gzip, WantsJson: false, WantsHtml: false);
            return (await site.FindAsync(request).Soon()).Handle;
        }
    }

    [Fact]
    public async Task A_file_compressed_beforehand_that_leads_outside_is_not_there()
    {
        string outside = Path.Join(_folder.Outside, "a.txt.gz");
        foreach (int length in new[] { 100, 5000 })
        {
            byte[] content = WebFolder.Prose(length);
            _folder.Write("a.txt", content);
            File.Delete(_folder.PathOf("a.txt.gz"));
            File.CreateSymbolicLink(_folder.PathOf("a.txt.gz"), outside);
            File.WriteAllBytes(outside, Codings.Loosely(content, "gzip"));
            await _folder.SettleAsync(_clock);
            await using ServedConnection served = await StartAsync();

            Assert.NotEqual(File.ReadAllBytes(outside), (await served.Client.GetAsync("/a.txt", "Accept-Encoding: gzip")).Body);
        }
    }

    /// <summary>However many ask at the same time, a file is compressed once.</summary>
    [Fact]
    public async Task Those_who_want_the_same_share_it()
    {
        _folder.Write("a.txt", WebFolder.Prose(2_000_000));
        await _folder.SettleAsync(_clock);
        WebSite site = new StaticSiteHandler(new() { Folder = _folder.Path, Clock = _clock }).Site;
        PageRequest request = new("/a.txt", "/a.txt"u8.ToArray(), string.Empty, "gzip"u8.ToArray(), WantsJson: false, WantsHtml: false);

        Found[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => site.FindAsync(request)))).Soon();

        Assert.All(answers, answer => Assert.Same(answers[0].Response, answer.Response));
        Assert.Equal(WebFolder.Prose(2_000_000), Codings.Unzip(answers[0].Response.Content.Bytes.ToArray()));
        Assert.Same(answers[0].Response, site.TryFind("/a.txt"u8, "gzip"u8));
    }

    /// <summary>A file that is written just now is not kept, but those who ask for it at the same time share what is made of it.</summary>
    [Fact]
    public async Task Of_a_file_that_grows_few_versions_are_compressed()
    {
        const int Rounds = 50;
        byte[] text = WebFolder.Prose(200_000);
        WebSite site = new StaticSiteHandler(new() { Folder = _folder.Path, Clock = _clock }).Site;
        PageRequest request = new("/a.txt", "/a.txt"u8.ToArray(), string.Empty, "gzip"u8.ToArray(), WantsJson: false, WantsHtml: false);
        int compressed = 0;
        for (int round = 0; round < Rounds; round++)
        {
            _folder.Write("a.txt", text[..^(Rounds - round)]);
            Found found = await site.FindAsync(request).Soon();
            using (found.Handle)
            {
                compressed += found.Handle is null ? 1 : 0;
            }
        }

        Assert.Equal(1, compressed);
        _clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Null((await site.FindAsync(request).Soon()).Handle);
    }

    /// <summary>
    /// It may still be written, so everybody gets what it was after they asked; and yet it is not compressed for each of them.
    /// </summary>
    [Fact]
    public async Task Those_who_want_a_new_file_at_the_same_time_share_it()
    {
        _folder.Write("a.txt", WebFolder.Prose(2_000_000));
        WebSite site = new StaticSiteHandler(new() { Folder = _folder.Path, Clock = _clock }).Site;
        PageRequest request = new("/a.txt", "/a.txt"u8.ToArray(), string.Empty, "gzip"u8.ToArray(), WantsJson: false, WantsHtml: false);

        Found[] answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => site.FindAsync(request))).Soon();

        Assert.All(answers, answer => Assert.Null(answer.Handle));
        Assert.InRange(answers.Select(answer => answer.Response).Distinct().Count(), 1, 3);
    }

    /// <summary>Two changes within a tick of the file system's clock leave the same stamp, but not the same content.</summary>
    [Fact]
    public async Task Nobody_gets_what_a_small_file_was_before_the_request()
    {
        WebSite site = new StaticSiteHandler(new() { Folder = _folder.Path, Clock = _clock }).Site;
        byte[][] contents = [WebFolder.Prose(60_000), WebFolder.Prose(60_000, seed: 2)];
        FileStamp stamp = default;
        List<Task<FileForm>> forms = [];
        foreach (byte[] content in contents)
        {
            FilePath path = new(_folder.Write("a.txt", content));
            stamp = stamp == default ? path.Stat() : stamp;
            using SafeFileHandle handle = path.Open(out _)!;
            forms.Add(site.NewFile(path, handle, stamp).MakeAsync("gzip"u8.ToArray()).AsTask());
        }

        Assert.Equal(contents, (await Task.WhenAll(forms)).Select(form => Codings.Unzip(form.Content.Bytes.ToArray())));
    }

    /// <summary>More files than may wait at a time are all answered, some as they are.</summary>
    [Fact]
    public async Task Whoever_comes_when_there_is_too_much_to_compress_gets_the_file_as_it_is()
    {
        const int Count = 3 * CompressionQueue.Most;
        byte[] text = WebFolder.Prose(300_000);
        for (int i = 0; i < Count; i++)
        {
            _folder.Write($"{i}.txt", text);
        }

        await _folder.SettleAsync(_clock);
        WebSite site = new StaticSiteHandler(new() { Folder = _folder.Path, Clock = _clock }).Site;
        PageRequest[] requests = [.. Enumerable.Range(0, Count).Select(i
            => new PageRequest(
                $"/{i}.txt", HttpHead.Bytes($"/{i}.txt"), string.Empty, "br"u8.ToArray(), WantsJson: false, WantsHtml: false))];

        Found[] found = await Task.WhenAll(requests.Select(site.FindAsync)).Soon();

        Assert.Contains(found, one => one.Handle is null);
        Assert.Contains(found, one => one.Handle is not null);
        Assert.All(found, one =>
        {
            using (one.Handle)
            {
                Assert.Equal(one.Handle is null, one.Response.Content.Length < text.Length);
            }
        });
    }

    private static string Suffix(string coding) => coding == "gzip" ? "gz" : coding;

    private Task<ServedConnection> StartAsync(bool noCompression = false)
        => ServedConnection.StartAsync(
            TransportKind.Portable, new() { Folder = _folder.Path, Clock = _clock, NoCompression = noCompression });
}
