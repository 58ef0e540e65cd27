using PSNetLab.Engine.Http.Files;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Tests;

/// <summary>Requests that do not get what they ask for.</summary>
public sealed class HttpErrorAnswerTests : IDisposable
{
    private const string End = "\r\nHost: a\r\n\r\n";

    private readonly WebFolder _folder = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);

    public HttpErrorAnswerTests() => _folder.Write("a", "a");

    public void Dispose() => _folder.Dispose();

    /// <summary>Faults after which the next byte may be anything, so the connection must end.</summary>
    [Theory]
    [InlineData(400, "GET /a HTTP/1.1\nHost: a\n\n")]
    [InlineData(400, "GET /a HTTP/1.1\r\n\r\n")]
    [InlineData(400, "GET  /a HTTP/1.1" + End)]
    [InlineData(400, "GET /a HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n")]
    [InlineData(400, "GET /a HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n")]
    [InlineData(400, "POST /a HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1" + End)]
    [InlineData(400, "POST /a HTTP/1.1\r\nContent-Length: +1" + End)]
    [InlineData(400, "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1" + End)]
    [InlineData(400, "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked" + End + "zz\r\n")]
    [InlineData(400, "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked" + End + "1\r\nab\r\n")]
    [InlineData(400, "\u0016\u0003\u0001\u0002\u0000\u0001")]
    [InlineData(501, "POST /a HTTP/1.1\r\nTransfer-Encoding: gzip, chunked" + End)]
    [InlineData(505, "GET /a HTTP/2.0" + End)]
    [InlineData(414, "GET /#", 100)]
    [InlineData(431, "GET / HTTP/1.1\r\nX: #", 200)]
    [InlineData(431, "GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4" + End)]
    public async Task A_broken_request_is_answered_and_the_connection_closed(int status, string request, int repeat = 1)
    {
        StaticSiteOptions options =
            new() { Folder = _folder.Path, Clock = _clock, Limits = new() { StartLineBytes = 80, HeaderBytes = 150, HeaderCount = 4 } };
        foreach (TransportKind kind in TransportPair.Kinds)
        {
            await using ServedConnection served = await ServedConnection.StartAsync(kind, options);

            await served.Client.SendAsync(
                "GET /a HTTP/1.1" + End + request.Replace("#", new string('x', repeat), StringComparison.Ordinal));

            Assert.Equal(200, (await served.Client.AnswerAsync()).Status);
            HttpAnswer answer = await served.Client.AnswerAsync();
            Assert.Equal((status, "close"), (answer.Status, answer["Connection"]));
            await served.Client.AssertClosedAsync();
            Assert.Equal([200, status], served.Records().Select(record => record.Status));
            served.Client.Dispose();
            await served.Ended.Soon();
            Assert.Empty(served.Faults);
        }
    }

    /// <summary>Requests that are understood but refused: the connection stays open.</summary>
    [Theory]
    [InlineData(405, "POST /a", "GET, HEAD, OPTIONS")]
    [InlineData(405, "DELETE /a", "GET, HEAD, OPTIONS")]
    [InlineData(405, "TRACE /a", "GET, HEAD, OPTIONS")]
    [InlineData(405, "PATCH /a", "GET, HEAD, OPTIONS")]
    [InlineData(405, "CONNECT a:80", "GET, HEAD, OPTIONS")]
    [InlineData(501, "get /a", null)]
    [InlineData(501, "M-SEARCH *", null)]
    [InlineData(204, "OPTIONS *", "GET, HEAD, OPTIONS")]
    [InlineData(204, "OPTIONS /none", "GET, HEAD, OPTIONS")]
    [InlineData(400, "GET *", null)]
    [InlineData(400, "GET a:80", null)]
    [InlineData(400, "GET ?query", null)]
    [InlineData(400, "GET /../a", null)]
    [InlineData(400, "GET /%", null)]
    [InlineData(400, "GET /%00", null)]
    [InlineData(400, "GET /\u00ff", null)]
    [InlineData(400, "GET /a#fragment", null)]
    [InlineData(400, "GET /a?query#fragment", null)]
    [InlineData(404, "GET /%2fa", null)]
    [InlineData(404, "GET /a/", null)]
    [InlineData(404, "GET /none", null)]
    public async Task A_refused_request_leaves_the_connection_open(int status, string request, string? allow)
    {
        await _folder.SettleAsync(_clock);
        await using ServedConnection served = await StartAsync();

        // Earlier data must not make a difference.
        Assert.Equal(404, (await served.Client.GetAsync("http://a")).Status);
        Assert.Equal(200, (await served.Client.GetAsync("/a")).Status);
        Assert.NotNull(served.Site.TryFind("/a"u8, default));

        string[] parts = request.Split(' ');
        HttpAnswer answer = await served.Client.AskAsync(parts[0], parts[1]);

        Assert.Equal((status, null), (answer.Status, answer["Connection"]));
        Assert.Equal(allow, answer["Allow"]);
        Assert.Equal(200, (await served.Client.GetAsync("/a")).Status);
    }

    [Fact]
    public async Task A_path_of_an_absolute_target_may_be_empty()
    {
        _folder.Write("index.html", "start");
        await _folder.SettleAsync(_clock);
        await using ServedConnection served = await StartAsync();

        Assert.Equal("start", (await served.Client.GetAsync("http://a")).Text);
        Assert.Equal("start", (await served.Client.GetAsync("http://a?query")).Text);

        // ... and only of such a target.
        Assert.Equal(400, (await served.Client.GetAsync("?query")).Status);
    }

    [Theory]
    [InlineData("GET /a HTTP/1.1\r\nExpect: tea", 417)]
    [InlineData("GET /a HTTP/1.1\r\nExpect: 100-continue", 200)]
    public async Task Expectations_without_body(string request, int status)
    {
        await using ServedConnection served = await StartAsync();

        await served.Client.SendAsync(request + End);

        Assert.Equal(status, (await served.Client.AnswerAsync()).Status);
        Assert.Equal(200, (await served.Client.GetAsync("/a")).Status);
    }

    [Fact]
    public async Task Credentials_are_asked_for_before_anything_is_looked_at()
    {
        await using ServedConnection served = await StartAsync(
            new() { Folder = _folder.Path, Clock = _clock, Credential = new("user", "secret"), Cors = true });

        foreach (string target in new[] { "/a", "/none", "/../a" })
        {
            HttpAnswer answer = await served.Client.GetAsync(target, "Authorization: Basic dXNlcjp3cm9uZw==");
            Assert.Equal((401, "Basic realm=\"files\", charset=\"UTF-8\""), (answer.Status, answer["WWW-Authenticate"]));
        }

        Assert.Equal(200, (await served.Client.GetAsync("/a", "Authorization: Basic dXNlcjpzZWNyZXQ=")).Status);

        // Browsers send no credentials before they know that they may.
        HttpAnswer preflight = await served.Client.AskAsync(
            "OPTIONS", "/a", "Origin: http://b", "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: x-one, X-Two");
        Assert.Equal((204, "*", "x-one, X-Two"),
            (preflight.Status, preflight["Access-Control-Allow-Origin"], preflight["Access-Control-Allow-Headers"]));
    }

    [Fact]
    public async Task A_connection_that_is_turned_away_gets_503_for_whatever_it_asks()
    {
        foreach (TransportKind kind in TransportPair.Kinds)
        {
            await using ServedConnection served = await ServedConnection.StartAsync(
                kind, new() { Folder = _folder.Path, Clock = _clock }, isTurnedAway: true);

            HttpAnswer answer = await served.Client.AskAsync("POST", "/none", "Content-Length: 1000000");

            Assert.Equal((503, "1", "close"), (answer.Status, answer["Retry-After"], answer["Connection"]));
            await served.Client.AssertClosedAsync();
        }
    }

    [LinuxFact]
    public async Task A_file_the_disk_cannot_read_is_a_fault_of_the_server_and_500()
    {
        // The loopback interface has no speed, and the driver says so when the file is read.
        File.CreateSymbolicLink(_folder.PathOf("speed"), "/sys/class/net/lo/speed");
        await using ServedConnection served = await StartAsync(new() { Folder = _folder.Path, Clock = _clock, FollowLinks = true });

        Assert.Equal(500, (await served.Client.GetAsync("/speed")).Status);

        NetLabException fault = Assert.Single(served.Faults);
        Assert.Equal(FaultKind.FileUnreadable, fault.Kind);
        Assert.Contains("'/speed'", fault.Message, StringComparison.Ordinal);
        Assert.Equal(200, (await served.Client.GetAsync("/a")).Status);
    }

    private Task<ServedConnection> StartAsync(StaticSiteOptions? options = null)
        => ServedConnection.StartAsync(TransportKind.Portable, options ?? new() { Folder = _folder.Path, Clock = _clock });
}
