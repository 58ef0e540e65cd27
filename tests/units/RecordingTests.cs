using System.Text;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Http.Forward;
using PSNetLab.Engine.Http.Recordings;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Tests;

/// <summary>What is recorded of an upstream, what is not, and what a recording answers.</summary>
public sealed class RecordingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("recording").FullName;

    public static TheoryData<string> Extensions => new("json", "har");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Extensions))]
    public async Task What_was_recorded_is_answered_again_in_order(string extension)
    {
        int count = 0;
        byte[] binary = [0, 1, 2, 255];
        HttpRoute real = new(
            StubServer.Criteria("POST /pay"),
            [new() { Status = 503, Fields = [new("Retry-After", "1")] }, new() { Status = 201, Bytes = "{\"id\": 7}"u8.ToArray() }],
            new());
        await using StubServer upstream = new(
            real,
            new HttpRoute(StubServer.Criteria("GET /raw"), [new() { Bytes = binary, Fields = [new("Set-Cookie", "a=b; Path=/")] }], new()),
            StubServer.Route("GET /{x}", "one", "two", "three"));
        string path = Path.Combine(_folder, $"r.{extension}");
        Recorder recorder = NewRecorder(path);
        await using (ForwardServer server = new(new UpstreamOptions { Uri = HttpUri.Parse($"http://{upstream.EndPoint}") }, recorder))
        {
            await AskAllAsync(server.Server, (_, _) => count++);
            recorder.Save();
        }

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }

        Assert.Equal([path], Directory.GetFiles(_folder));
        await using StubServer replay = new([.. RecordedRoutes.Load(path, new ReplayOptions(RouteEnd.Last, KeepsLatency: false))]);
        await AskAllAsync(replay, (_, _) => count--);
        Assert.Equal(0, count);
        Assert.Equal(404, (await replay.AskAsync("GET", "/a?x=1")).Status);
        Assert.Equal(404, (await replay.AskAsync("GET", "/b")).Status);
        string unmatched = Assert.Single(replay.Unmatched, text => text.Contains('?', StringComparison.Ordinal));
        Assert.Contains("No route answers GET /a?x=1. The nearest is 'GET /a", unmatched, StringComparison.Ordinal);

        async Task AskAllAsync(StubServer server, Action<string, string> note)
        {
            using HttpPeer client = await server.ConnectAsync();
            foreach (string body in new[] { """{"amount":5,"to":"x"}""", """{ "to": "x", "amount": 5.0 }""" })
            {
                string fields = $"Host: a\r\nContent-Type: application/json\r\nContent-Length: {body.Length}";
                await client.SendAsync($"POST /pay HTTP/1.1\r\n{fields}\r\n\r\n{body}");
                HttpAnswer answer = await client.AnswerAsync();
                note("POST", $"{answer.Status}{answer.Text}");
                Assert.Equal(body[1] == ' ' ? (201, "{\"id\": 7}") : (503, string.Empty), (answer.Status, answer.Text));
            }

            Assert.Equal("one", (await client.GetAsync("/a?b=1&c=2")).Text);
            Assert.Equal("two", (await client.GetAsync("/a?c=2&b=1")).Text);
            Assert.Equal("three", (await client.GetAsync("/a")).Text);
            HttpAnswer raw = await client.GetAsync("/raw");
            Assert.Equal(binary, raw.Body);
            Assert.StartsWith("a=", raw["Set-Cookie"], StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(
        "POST /login?api_key=SECRET1&x=1",
        "application/json",
        """{"user":"u","Password":"SECRET2","in":[{"access_token":"SECRET3"}]}""")]
    [InlineData("POST /login?token=SECRET1", "application/x-www-form-urlencoded", "user=u&client_secret=SECRET2&pass%77ord=SECRET3")]
    [InlineData(
        "POST /login?x[apiKey]=SECRET1",
        "multipart/form-data; boundary=bb",
        "--bb\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nu\r\n--bb\r\n"
            + "Content-Disposition: form-data; name=\"password\"\r\n\r\nSECRET2\r\n--bb--\r\n")]
    [InlineData("POST /login?newPassword2=SECRET1", "application/x-ndjson", "{\"user\":1}\n{\"secretKey\":\"SECRET2\"}\n")]
    [InlineData("POST /login?mine=SECRET1", "application/json", """{"Mine":{"deep":"SECRET2"},"user":5}""")]
    public async Task Secrets_are_not_in_the_file_and_the_same_request_is_found_with_others(string request, string type, string body)
    {
        await using ScriptedServer upstream = new(
            "HTTP/1.1 302 Found\r\nSet-Cookie: id=SECRET4; HttpOnly\r\nLocation: /next?access_token=SECRET5\r\nX-Auth-Token: SECRET6\r\n"
                + "Content-Type: application/json\r\nContent-Length: 60\r\n\r\n"
                + """{"refresh_token":"SECRET7","token_type":"bearer","ok":true }""");
        foreach (string extension in new[] { "json", "har" })
        {
            string path = Path.Combine(_folder, $"s.{extension}");
            Recorder recorder = NewRecorder(path);
            await using ForwardServer server = new(new UpstreamOptions { Uri = upstream.Uri }, recorder);
            HttpAnswer live = await SendAsync(server.Server, request, body);
            Assert.Contains("SECRET7", live.Text, StringComparison.Ordinal);
            recorder.Save();

            string text = await File.ReadAllTextAsync(path);
            Assert.DoesNotContain("SECRET", text, StringComparison.Ordinal);
            Assert.Contains(Redactor.Mark, text, StringComparison.Ordinal);

            ReplayOptions options = new(RouteEnd.Last, KeepsLatency: false) { Redactor = new Redactor(["mine"]) };
            await using StubServer replay = new([.. RecordedRoutes.Load(path, options)]);
            HttpAnswer again = await SendAsync(
                replay,
                request.Replace("SECRET", "OTHER", StringComparison.Ordinal),
                body.Replace("SECRET", "OTHERS", StringComparison.Ordinal));
            Assert.Equal((302, "id=***; HttpOnly"), (again.Status, again["Set-Cookie"]));
            Assert.Contains("\"token_type\":\"bearer\"", again.Text, StringComparison.Ordinal);
            Assert.Equal(404, (await SendAsync(replay, request, body.Replace("u", "v", StringComparison.Ordinal))).Status);
        }

        async Task<HttpAnswer> SendAsync(StubServer server, string line, string content)
        {
            using HttpPeer client = await server.ConnectAsync();
            await client.SendAsync($"{line} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer SECRET8\r\nCookie: id=SECRET9\r\n"
                + $"X-Api-Key: SECRET0\r\nContent-Type: {type}\r\nContent-Length: {content.Length}\r\n\r\n{content}");
            return await client.AnswerAsync();
        }
    }

    [Theory]
    [InlineData("/login?to=https%3A%2F%2Fapp%2Fcb%3Ftoken%3DSECRET&b=c")]
    [InlineData("/login?to=https://app/cb?token=SECRET&b=c")]
    [InlineData("/login?x=a=1;password=SECRET&b=c")]
    [InlineData("/login?u=https://SECRET@h/&b=c")]
    [InlineData("/login?u=https://SECRET&d=e@h/&b=c")]
    [InlineData("/%D6%D0%CE%C4?b=c")]
    [InlineData("/caf%E9?b=c")]
    public async Task A_target_with_a_secret_within_a_value_or_with_other_bytes_than_UTF_8_is_found_again(string target)
    {
        await using ScriptedServer upstream = new("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        string path = Path.Combine(_folder, "w.json");
        Recorder recorder = NewRecorder(path);
        await using ForwardServer server = new(new UpstreamOptions { Uri = upstream.Uri }, recorder);
        Assert.Equal(200, (await server.Server.AskAsync("GET", target)).Status);
        recorder.Save();
        Assert.DoesNotContain("SECRET", await File.ReadAllTextAsync(path), StringComparison.Ordinal);

        await using StubServer replay = new([.. RecordedRoutes.Load(path, new ReplayOptions(RouteEnd.Last, KeepsLatency: false))]);
        string other = target.Replace("SECRET", "OTHER", StringComparison.Ordinal);
        Assert.Equal(200, (await replay.AskAsync("GET", other)).Status);
        Assert.Equal(404, (await replay.AskAsync("GET", other.Replace("b=c", "b=d", StringComparison.Ordinal))).Status);
        Assert.Equal(404, (await replay.AskAsync("GET", other + "&x=y")).Status);
    }

    [Fact]
    public async Task A_compressed_answer_is_recorded_plain_and_without_its_secret()
    {
        using MemoryStream packed = new();
        using (System.IO.Compression.GZipStream gzip = new(packed, System.IO.Compression.CompressionMode.Compress, leaveOpen: true))
        {
            gzip.Write("{\"token\":\"SECRET\",\"a\":1}"u8);
        }

        HttpRoute route = new(
            StubServer.Criteria("/z"), [new() { Bytes = packed.ToArray(), Fields = [new("Content-Encoding", "gzip")] }], new());
        await using StubServer upstream = new(route);
        Recorder recorder = NewRecorder(null);
        await using ForwardServer server = new(new UpstreamOptions { Uri = HttpUri.Parse($"http://{upstream.EndPoint}") }, recorder);

        Assert.Equal(packed.ToArray(), (await server.Server.AskAsync("GET", "/z")).Body);

        RecordedExchange recorded = Assert.Single(recorder.Read());
        Assert.Equal("{\"token\":\"***\",\"a\":1}", Encoding.UTF8.GetString(recorded.Body));
        Assert.Equal(string.Empty, RecordedExchange.Get(recorded.Fields, "Content-Encoding"));
    }

    [Theory]
    [InlineData(5, 100, "longer than 5 bytes")]
    [InlineData(1000, 1, "full")]
    public async Task A_recording_has_a_limit_and_says_so_once(int mostBody, int most, string loss)
    {
        await using StubServer upstream = new(StubServer.Route("/long", "0123456789"), StubServer.Route("/short", "0"));
        List<string> losses = [];
        Recorder recorder = new(new RecorderOptions(null, new(), most, mostBody), []) { OnLoss = losses.Add };
        await using ForwardServer server = new(new UpstreamOptions { Uri = HttpUri.Parse($"http://{upstream.EndPoint}") }, recorder);

        foreach (string path in new[] { "/short", "/long" })
        {
            Assert.Equal(200, (await server.Server.AskAsync("GET", path)).Status);
        }

        Assert.Equal("/short", Assert.Single(recorder.Read()).Target);
        Assert.Contains(loss, Assert.Single(losses), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bodies_that_are_being_recorded_have_a_limit_together_and_give_back_what_they_hold()
    {
        TaskCompletionSource first = new();
        TaskCompletionSource goOn = new();
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            bool isFirst = (await peer.ReadHeadAsync()).StartsWith("GET /1", StringComparison.Ordinal);
            await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: 6000\r\n\r\n{new string('a', 5000)}");
            if (isFirst)
            {
                await goOn.Task;
            }

            await peer.SendAsync(new string('b', 1000));
        });
        List<string> losses = [];
        Recorder recorder = new(new RecorderOptions(null, new(), 10, 6000), []) { OnLoss = losses.Add, Bodies = new(10_000) };
        await using (ForwardServer server = new(new UpstreamOptions { Uri = upstream.Uri }, recorder))
        {
            using HttpPeer one = await server.ConnectAsync();
            await one.SendAsync("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
            await one.FillAsync(5000);

            Assert.Equal(200, (await server.Server.AskAsync("GET", "/2")).Status);
            Assert.StartsWith("GET /2 was not recorded: the bodies", Assert.Single(losses));
            goOn.SetResult();
            Assert.Equal(6000, (await one.AnswerAsync()).Body.Length);

            // The client may be ahead of the recorder.
            await Waiting.Until(() => recorder.Bodies.Held == 0);
            Assert.Equal(200, (await server.Server.AskAsync("GET", "/3")).Status);
            await Waiting.Until(() => recorder.Bodies.Held == 0);
        }

        Assert.Equal(["/1", "/3"], recorder.Read().Select(exchange => exchange.Target));
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_not_recorded()
    {
        await using ScriptedServer upstream = new("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
        Recorder recorder = NewRecorder(null);
        await using ForwardServer server = new(new UpstreamOptions { Uri = upstream.Uri }, recorder);
        using HttpPeer client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.RestAsync();

        Assert.Empty(recorder.Read());
    }

    [Fact]
    public async Task Sixty_four_clients_of_one_recorded_sequence_get_each_answer_once()
    {
        RecordedExchange[] exchanges =
        [
            .. Enumerable.Range(0, 640).Select(i => new RecordedExchange
            {
                Method = "GET", Target = "/n", Status = 200, Body = Encoding.ASCII.GetBytes($"{i}"),
            }),
        ];
        await using StubServer replay = new([.. RecordedRoutes.Of(exchanges, new ReplayOptions(RouteEnd.Unmatched, KeepsLatency: false))]);

        string[][] got = await Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
        {
            using HttpPeer client = await replay.ConnectAsync();
            List<string> texts = [];
            for (int i = 0; i < 10; i++)
            {
                texts.Add((await client.GetAsync("/n")).Text);
            }

            return texts.ToArray();
        }));

        Assert.Equal(Enumerable.Range(0, 640), got.SelectMany(texts => texts).Select(int.Parse).Order());
        Assert.Equal(404, (await replay.AskAsync("GET", "/n")).Status);
    }

    private static Recorder NewRecorder(string? path) => new(new RecorderOptions(path, new Redactor(["mine"]), 1000, 1_000_000), []);
}
