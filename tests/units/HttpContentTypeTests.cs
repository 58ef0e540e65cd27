using System.Text;
using Microsoft.Win32.SafeHandles;
using PSNetLab.Engine.Http.Files;

namespace PSNetLab.Engine.Tests;

/// <summary>What is said about the content of a file: never more than its bytes show.</summary>
public sealed class HttpContentTypeTests : IDisposable
{
    private static readonly byte[] s_gbk = [0xC4, 0xE3, 0xBA, 0xC3]; // 你好

    private readonly WebFolder _folder = new();

    public static TheoryData<string, byte[], string> Texts => new()
    {
        { "a.html", [], "text/html; charset=utf-8" },
        { "a.html", [.. "<p>hello"u8], "text/html; charset=utf-8" },
        { "a.html", [.. "<p>你好"u8], "text/html; charset=utf-8" },
        { "a.html", [0xEF, 0xBB, 0xBF, .. "<p>"u8], "text/html; charset=utf-8" },
        { "a.html", [.. "<p>"u8, .. s_gbk], "text/html" },
        { "a.html", [.. "<p>gr"u8, 0xFC, .. "n"u8], "text/html" },
        { "a.html", [.. "<p>你"u8[..^1]], "text/html" },
        { "a.txt", [.. "\u001B$B$3\u001B(B"u8], "text/plain" }, // ISO-2022-JP
        { "a.txt", Encoding.Unicode.GetBytes("hello"), "text/plain" },
        { "a.txt", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("hello")], "text/plain; charset=utf-16" },
        { "a.txt", [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes("hello")], "text/plain; charset=utf-16" },
        { "a.txt", [0xFF, 0xFE, 0, 0, .. Encoding.UTF32.GetBytes("hello")], "text/plain; charset=utf-32" },
        { "a.txt", [0, 0, 0xFE, 0xFF, 0, 0, 0, (byte)'a'], "text/plain; charset=utf-32" },
        { "a.txt", [0xFF, 0xFE, 0, 0x4E], "text/plain; charset=utf-16" }, // 一
        { "a.xml", [.. "<?xml version='1.0'?><a/>"u8], "text/xml; charset=utf-8" },
        { "a.xml", [.. "<?xml version='1.0' encoding='gbk'?><a/>"u8], "text/xml" },
        { "a.xml", [.. "<?xml version='1.0' encoding='gbk'?>"u8, .. s_gbk], "text/xml" },
        { "a.rss", [0xEF, 0xBB, 0xBF, .. "<?xml version='1.0' encoding='utf-8'?>"u8], "application/rss+xml" },
        { "a.html", [.. "<?xml version='1.0' encoding='gbk'?>"u8], "text/html; charset=utf-8" },
        { "a.json", [.. "{}"u8], "application/json; charset=utf-8" },
        { "a.json", [.. "{"u8, .. s_gbk], "application/json" },
        { "a.png", [.. "hello"u8], "image/png" },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task A_charset_is_claimed_only_where_it_is_known(string name, byte[] content, string type)
    {
        _folder.Write(name, content);
        await using ServedConnection served = await StartAsync();

        Assert.Equal(type, (await served.Client.GetAsync("/" + name))["Content-Type"]);
    }

    /// <summary>Of a long text, what comes later is not known; a character that is cut where the look ends is no fault.</summary>
    [Fact]
    public void Of_a_long_text_the_start_counts()
    {
        const int Half = TextCharset.MostBytes / 2;
        Assert.Null(Find(Half, "tail"u8));
        Assert.Equal("utf-8", Find(Half, "你"u8));
        Assert.Null(Find(Half, s_gbk));
        foreach (string character in new[] { "ü", "你", "😀" })
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(character);
            for (int cut = 1; cut < utf8.Length; cut++)
            {
                Assert.Null(Find(TextCharset.MostBytes - cut, utf8));
                Assert.Equal("utf-8", Find(TextCharset.MostBytes - cut, utf8, "é"u8));
            }
        }

        static string? Find(int before, ReadOnlySpan<byte> middle, ReadOnlySpan<byte> start = default)
        {
            byte[] text = new byte[TextCharset.MostBytes + 10];
            text.AsSpan().Fill((byte)'a');
            start.CopyTo(text);
            middle.CopyTo(text.AsSpan(before));
            return TextCharset.Find(text.AsSpan(0, TextCharset.MostBytes), isWhole: false, isXml: false);
        }
    }

    [Theory]
    [InlineData(1_000_000)]
    [InlineData(5_000_000)]
    public async Task A_text_on_disk_is_looked_at_too(int length)
    {
        _folder.Write("utf8.txt", [.. "你"u8, .. WebFolder.Prose(length)]);
        _folder.Write("gbk.txt", [.. s_gbk, .. WebFolder.Prose(length)]);
        await using ServedConnection served = await StartAsync();

        Assert.Equal("text/plain; charset=utf-8", (await served.Client.AskAsync("HEAD", "/utf8.txt"))["Content-Type"]);
        Assert.Equal("text/plain", (await served.Client.AskAsync("HEAD", "/gbk.txt"))["Content-Type"]);
    }

    /// <summary>Of a log that grows, each request gets another version; none of them costs memory for the look at its start.</summary>
    [Theory]
    [InlineData("grows.log")]
    [InlineData("grows.svgz")]
    public void A_text_on_disk_is_looked_at_without_memory_of_its_own(string name)
    {
        FilePath path = new(_folder.Write(name, [0x1F, 0x8B, .. WebFolder.Prose(2_000_000)]));
        using SafeFileHandle handle = path.Open(out FileStamp stamp)!;
        WebSite site = new StaticSiteHandler(new() { Folder = _folder.Path }).Site;

        Assert.InRange(Allocation.Of(() => site.NewFile(path, handle, stamp).Dispose()), 0, 20_000);
    }

    [Theory]
    [InlineData("text/html; charset=gbk")]
    [InlineData("text/html")]
    [InlineData("text/html; charset=utf-8")]
    public async Task A_type_of_the_users_is_taken_as_it_stands(string type)
    {
        _folder.Write("a.html", s_gbk);
        _folder.Write("b.html", "hello");
        MediaTypes types = MediaTypes.Default.With([new("html", type)]);
        await using ServedConnection served = await StartAsync(options => options with { MediaTypes = types });

        Assert.Equal(type, (await served.Client.GetAsync("/a.html"))["Content-Type"]);
        Assert.Equal(type, (await served.Client.GetAsync("/b.html"))["Content-Type"]);
    }

    [Theory]
    [InlineData("a.svgz", "image/svg+xml", "gzip")]
    [InlineData("app.min.SVGZ", "image/svg+xml", "gzip")]
    [InlineData("x.tar.gz", "application/gzip", null)]
    [InlineData("x.log.gz", "application/gzip", null)]
    [InlineData("x.js.gz", "text/javascript", "gzip")]
    [InlineData("game.data.gz", "application/octet-stream", "gzip")]
    [InlineData("game.wasm.br", "application/wasm", "br")]
    [InlineData("game.data.br", "application/octet-stream", "br")]
    [InlineData("other.br", "application/octet-stream", null)]
    [InlineData("one.js.gz", "application/gzip", null)]
    public async Task A_file_that_is_compressed_on_disk_says_so_by_its_name(string name, string type, string? coding)
    {
        byte[] content = Codings.Gzip(WebFolder.Prose(2000));
        _folder.Write(name, content);
        NamedCodings codings = NamedCodings.Default.With(
            [new("*.js.gz", "GZIP"), new("one.js.gz", "identity"), new("*.data.*", "gzip"), new("*.data.br", "br"),
                new("*.wasm.br", "br")]);
        await using ServedConnection served = await StartAsync(options => options with { Codings = codings });
        foreach (string accept in new[] { "Accept-Encoding: gzip, br", "X: y", "Range: bytes=0-" })
        {
            HttpAnswer answer = await served.Client.GetAsync("/" + name, accept);

            Assert.Equal((type, coding), (answer["Content-Type"], answer["Content-Encoding"]));
            Assert.Equal(content, answer.Body);
        }
    }

    [Fact]
    public async Task A_name_alone_makes_no_gzip()
    {
        _folder.Write("a.svgz", "<svg/>");
        await using ServedConnection served = await StartAsync();

        HttpAnswer answer = await served.Client.GetAsync("/a.svgz");

        Assert.Equal(("image/svg+xml", null, "<svg/>"), (answer["Content-Type"], answer["Content-Encoding"], answer.Text));
    }

    [Theory]
    [InlineData("", "gzip")]
    [InlineData("folder/*.gz", "gzip")]
    [InlineData("*.gz", "zip")]
    [InlineData("*.gz", "")]
    public void What_is_no_pattern_or_no_coding_is_refused(string pattern, string coding)
        => Assert.Equal(
            FaultKind.InvalidParameters, Assert.Throws<NetLabException>(() => NamedCodings.Default.With([new(pattern, coding)])).Kind);

    private Task<ServedConnection> StartAsync(Func<StaticSiteOptions, StaticSiteOptions>? change = null)
        => ServedConnection.StartAsync(TransportKind.Portable, (change ?? (options => options))(new() { Folder = _folder.Path }));
}
