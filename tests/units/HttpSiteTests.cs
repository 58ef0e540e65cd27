using System.Diagnostics;
using System.Text.Json;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Files;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Tests;

/// <summary>What there is for a path beside the file of that name.</summary>
public sealed class HttpSiteTests : IDisposable
{
    private readonly WebFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("/folder", "/folder/")]
    [InlineData("/folder?a=b&c", "/folder/?a=b&c")]
    [InlineData("//folder", "/folder/")]
    [InlineData("//evil.example/..//folder", "/folder/")]
    [InlineData("http://evil.example/folder", "/folder/")]
    [InlineData("/a%20%C3%BC%23", "/a%20%C3%BC%23/")]
    [InlineData("/evil.example", "/evil.example/")]
    [InlineData("//evil.example", "/evil.example/")]
    public async Task A_folder_is_led_to_with_a_slash_and_never_to_another_host(string target, string location)
    {
        Directory.CreateDirectory(_folder.PathOf("folder"));
        Directory.CreateDirectory(_folder.PathOf("a \u00fc#"));
        Directory.CreateDirectory(_folder.PathOf("evil.example"));
        await using ServedConnection served = await StartAsync();

        HttpAnswer answer = await served.Client.GetAsync(target);

        Assert.Equal((301, location), (answer.Status, answer["Location"]));
    }

    [Fact]
    public async Task The_first_default_document_that_is_there_stands_for_its_folder()
    {
        _folder.Write("both/start.htm", "start");
        _folder.Write("both/index.html", "index");
        _folder.Write("one/index.html", "index");
        Directory.CreateDirectory(_folder.PathOf("folder/start.htm"));
        _folder.Write("folder/index.html", "index");
        Directory.CreateDirectory(_folder.PathOf("none"));
        await using ServedConnection served = await StartAsync(options => options with { DefaultDocuments = ["start.htm", "index.html"] });

        Assert.Equal("start", (await served.Client.GetAsync("/both/")).Text);
        Assert.Equal("index", (await served.Client.GetAsync("/one/")).Text);
        Assert.Equal("index", (await served.Client.GetAsync("/folder/?q")).Text);
        HttpAnswer none = await served.Client.GetAsync("/none/");
        Assert.Equal(404, none.Status);
        Assert.Contains("start.htm or index.html", none.Text, StringComparison.Ordinal);
    }

    /// <summary>On Linux, names are bytes: those of an archive from a Chinese Windows are in GBK.</summary>
    [LinuxFact]
    public async Task Files_whose_names_are_not_UTF8_are_listed_and_served()
    {
        _folder.Write("plain.txt", "plain");
        string script = $"cd '{_folder.Path}'; mkdir $(printf '\\272\\303'); printf one > $(printf '\\304\\343.txt'); printf two > "
            + "$(printf '\\272\\303/\\304\\343.txt')";
        await RunAsync(script);
        await using ServedConnection served = await StartAsync(options => options with { Browse = true });
        using JsonDocument list = JsonDocument.Parse((await served.Client.GetAsync("/", "Accept: application/json")).Body);

        Assert.Equal(
            [("\uFFFD\uFFFD", "/%BA%C3/"), ("plain.txt", "/plain.txt"), ("\uFFFD\uFFFD.txt", "/%C4%E3.txt")],
            list.RootElement.EnumerateArray().Select(
                entry => (entry.GetProperty("name").GetString()!, entry.GetProperty("href").GetString()!)));
        Assert.Contains("<a href=\"%C4%E3.txt\">\uFFFD\uFFFD.txt</a>", (await served.Client.GetAsync("/")).Text, StringComparison.Ordinal);
        for (int round = 0; round < 2; round++)
        {
            Assert.Equal("one", (await served.Client.GetAsync("/%C4%E3.txt")).Text);
            Assert.Equal("two", (await served.Client.GetAsync("/%ba%c3/%C4%E3.txt")).Text);
        }

        Assert.EndsWith("/\uFFFD\uFFFD.txt", served.Records()[^1].File, StringComparison.Ordinal);
        Assert.Equal("/%BA%C3/", (await served.Client.GetAsync("/%BA%C3"))["Location"]);
        Assert.Equal(404, (await served.Client.GetAsync("/%EF%BF%BD%EF%BF%BD.txt")).Status);
        Assert.Equal(404, (await served.Client.GetAsync("/%C4%E4.txt")).Status);
        Assert.Equal(400, (await served.Client.GetAsync("/\u00C4\u00E3.txt")).Status);

        // The runtime cannot delete them.
        await RunAsync($"rm -r '{_folder.Path}'/*");

        static async Task RunAsync(string script)
        {
            using Process shell = Process.Start("sh", ["-c", script]);
            await shell.WaitForExitAsync();
            Assert.Equal(0, shell.ExitCode);
        }
    }

    [Fact]
    public async Task A_default_document_that_leads_outside_is_not_there()
    {
        string secret = Path.Join(_folder.Outside, "secret");
        File.WriteAllText(secret, "secret");
        File.CreateSymbolicLink(_folder.PathOf("index.html"), secret);
        await using ServedConnection served = await StartAsync();

        Assert.Equal(404, (await served.Client.GetAsync("/")).Status);
    }

    [Fact]
    public async Task A_folder_is_listed_for_people_and_for_programs()
    {
        _folder.Write("b.txt", "content");
        _folder.Write(".unseen", "content");
        Directory.CreateDirectory(_folder.PathOf("a"));
        await using ServedConnection served = await StartAsync(options => options with { Browse = true });

        HttpAnswer html = await served.Client.GetAsync("/", "Accept: text/html");
        HttpAnswer json = await served.Client.GetAsync("/", "Accept: application/json");

        Assert.Equal(("text/html; charset=utf-8", "no-cache"), (html["Content-Type"], html["Cache-Control"]));
        Assert.Contains("Accept", json["Vary"], StringComparison.Ordinal);
        using JsonDocument entries = JsonDocument.Parse(json.Body);
        Assert.Equal(["a", "b.txt"], entries.RootElement.EnumerateArray().Select(entry => entry.GetProperty("name").GetString()));
        Assert.Contains("b.txt", html.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("unseen", html.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_single_page_application_answers_for_its_pages_but_not_for_files()
    {
        _folder.Write("app.html", "app");
        _folder.Write("file", "file");
        await using ServedConnection served = await StartAsync(options => options with { SpaFallback = "app.html" });

        foreach (string page in new[] { "/", "/users", "/users/5", "/users/" })
        {
            HttpAnswer answer = await served.Client.GetAsync(page);
            Assert.Equal((200, "app", "text/html; charset=utf-8"), (answer.Status, answer.Text, answer["Content-Type"]));
        }

        Assert.Equal(404, (await served.Client.GetAsync("/users/photo.png")).Status);
        foreach ((string accept, int status) in new[] { ("text/html,*/*;q=0.8", 200), ("*/*", 404), ("application/json", 404),
            ("text/html;q=0, */*", 404) })
        {
            HttpAnswer answer = await served.Client.GetAsync("/users", "Accept: " + accept);
            Assert.Equal(status, answer.Status);
            Assert.Contains("\r\nVary: Accept\r\n", answer.Head, StringComparison.Ordinal);
        }

        Assert.Equal("file", (await served.Client.GetAsync("/file")).Text);
        File.Delete(_folder.PathOf("app.html"));
        Assert.Equal(404, (await served.Client.GetAsync("/users")).Status);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(100_000)]
    public async Task A_page_of_ones_own_is_shown_for_what_is_not_there(int length)
    {
        byte[] page = WebFolder.Prose(length);
        _folder.Write("404.html", page);
        await using ServedConnection served = await StartAsync(
            options => options with { NotFoundPage = "404.html", CacheControl = "max-age=31536000, immutable" });

        HttpAnswer answer = await served.Client.GetAsync("/none", "Accept-Encoding: gzip", "Range: bytes=0-4");

        Assert.Equal(404, answer.Status);
        Assert.Equal(page, answer.Body);

        // The file may come, so a client must not keep the page like one.
        Assert.Equal(("text/html; charset=utf-8", "no-cache"), (answer["Content-Type"], answer["Cache-Control"]));
        Assert.Null(answer["ETag"]);
        Assert.Null(answer["Last-Modified"]);
        Assert.Null(answer["Accept-Ranges"]);
        Assert.Equal(404, (await served.Client.AskAsync("HEAD", "/none")).Status);
        Assert.Equal(200, (await served.Client.GetAsync("/404.html")).Status);
    }

    /// <summary>What stands in for a page that is not there may itself not be there, or not be allowed.</summary>
    [Theory]
    [InlineData("outside")]
    [InlineData("missing")]
    [InlineData("folder")]
    public async Task A_stand_in_that_is_not_to_be_had_is_done_without(string kind)
    {
        string secret = Path.Join(_folder.Outside, "secret");
        File.WriteAllText(secret, "secret");
        foreach (string name in new[] { "app.html", "404.html" })
        {
            switch (kind)
            {
                case "outside":
                    File.CreateSymbolicLink(_folder.PathOf(name), secret);
                    break;
                case "folder":
                    Directory.CreateDirectory(_folder.PathOf(name));
                    break;
            }
        }

        await using ServedConnection served = await StartAsync(
            options => options with { SpaFallback = "app.html", NotFoundPage = "404.html" });

        HttpAnswer answer = await served.Client.GetAsync("/none");

        Assert.Equal(404, answer.Status);
        Assert.DoesNotContain("secret", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fields_of_the_user_are_in_every_answer_and_replace_those_of_the_server()
    {
        _folder.Write("a", "a");
        await using ServedConnection served =
            await StartAsync(options => options with { Cors = true,
                Headers =
                    [FieldLines.Field("X-Test", "1"), FieldLines.Field("cache-control", "no-store"),
                        FieldLines.Field("X-Content-Type-Options", "none")] });

        foreach (HttpAnswer answer in new[]
        {
            await served.Client.GetAsync("/a"),
            await served.Client.GetAsync("/a", "If-None-Match: *"),
            await served.Client.GetAsync("/a", "Range: bytes=0-0"),
            await served.Client.GetAsync("/a", "Range: bytes=5-"),
            await served.Client.GetAsync("/none"),
            await served.Client.AskAsync("OPTIONS", "*"),
            await served.Client.AskAsync("PUT", "/a"),
        })
        {
            Assert.Equal(("1", "none", "*"), (answer["X-Test"], answer["X-Content-Type-Options"], answer["Access-Control-Allow-Origin"]));
            Assert.Equal("no-store", answer["Cache-Control"]);
        }
    }

    [Fact]
    public async Task A_status_is_a_line_for_programs_and_a_page_for_browsers()
    {
        await using ServedConnection served = await StartAsync();

        HttpAnswer line = await served.Client.GetAsync("/none", "Accept: */*");
        HttpAnswer page = await served.Client.GetAsync("/none", "Accept: text/html, */*;q=0.8");

        Assert.Equal(("text/plain; charset=utf-8", "Accept"), (line["Content-Type"], line["Vary"]));
        Assert.Equal("404 Not Found: There is no such file here.\n", line.Text);
        Assert.Equal(("text/html; charset=utf-8", "Accept"), (page["Content-Type"], page["Vary"]));
        Assert.StartsWith("<!doctype html>", page.Text, StringComparison.OrdinalIgnoreCase);
        Assert.NotNull(page["Content-Security-Policy"]);
    }

    [Fact]
    public async Task A_root_that_goes_away_and_comes_back_is_served_again()
    {
        _folder.Write("a", "old");
        await using ServedConnection served = await StartAsync();
        Assert.Equal("old", (await served.Client.GetAsync("/a")).Text);

        Directory.Move(_folder.Path, _folder.Path + ".away");
        Assert.Equal(404, (await served.Client.GetAsync("/a")).Status);
        _folder.Write("a", "new");
        Assert.Equal("new", (await served.Client.GetAsync("/a")).Text);
    }

    private Task<ServedConnection> StartAsync(Func<StaticSiteOptions, StaticSiteOptions>? configure = null)
    {
        StaticSiteOptions options = new() { Folder = _folder.Path };
        return ServedConnection.StartAsync(TransportKind.Portable, configure?.Invoke(options) ?? options);
    }
}
