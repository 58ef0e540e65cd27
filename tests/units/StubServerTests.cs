using System.Collections;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Tests;

/// <summary>A web server of routes, as clients see it.</summary>
public sealed class StubServerTests
{
    [Fact]
    public async Task Sixty_four_clients_use_each_step_of_a_sequence_once()
    {
        const int Clients = 64;
        const int Each = 25;
        HttpRoute route = StubServer.Route("GET /next", [.. Enumerable.Range(0, Clients * Each).Select(i => $"{i}")]);
        await using StubServer server = new(route);

        string[][] got = await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            using HttpPeer peer = await server.ConnectAsync();
            List<string> texts = [];
            for (int i = 0; i < Each; i++)
            {
                texts.Add((await peer.GetAsync("/next")).Text);
            }

            return texts.ToArray();
        }));

        Assert.Equal(Enumerable.Range(0, Clients * Each), got.SelectMany(texts => texts).Select(int.Parse).Order());
        Assert.Equal(Clients * Each, server.Handler.InOrder[0].Hits);
    }

    [Theory]
    [InlineData("Content-Length: 11\r\n\r\n", "hello world")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-Sum: 7\r\n\r\n")]
    public async Task A_body_is_recorded_however_it_is_cut(string fields, string body)
    {
        await using StubServer server = new(StubServer.Route("POST /", "ok"));
        byte[] request = HttpHead.Bytes($"POST / HTTP/1.1\r\nHost: a\r\n{fields}{body}");
        using HttpPeer peer = await server.ConnectAsync();
        for (int cut = 1; cut <= request.Length; cut++)
        {
            await peer.SendAsync(request[..cut]);
            await peer.SendAsync([.. request[cut..], .. "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"u8]);
            Assert.Equal("ok", (await peer.AnswerAsync()).Text);
            Assert.Equal("ok", (await peer.AnswerAsync()).Text);
        }

        List<HttpRequestRecord> records = server.Records();
        Assert.Equal(2 * request.Length, records.Count);
        Assert.All(records.Where((_, index) => index % 2 == 0), record => Assert.Equal("hello world", record.Text));
        Assert.All(records.Where((_, index) => index % 2 == 1), record => Assert.Null(record.BodyBytes));
        Assert.All(records, record => Assert.Equal("POST /", record.Route));
        IDictionary trailers = Assert.IsAssignableFrom<IDictionary>(records[^2].Trailers);
        Assert.Equal(fields.Contains("chunked", StringComparison.Ordinal) ? "7" : null, trailers["x-sum"]);
    }

    [Fact]
    public async Task Many_bodies_in_one_packet_are_answered_in_order()
    {
        await using StubServer server = new(StubServer.Route("POST /{n}", "ok"));
        using HttpPeer peer = await server.ConnectAsync();
        IEnumerable<string> requests = Enumerable.Range(0, 100).Select(i => $"POST /{i} HTTP/1.1\r\nHost: a\r\nContent-Length: "
            + $"{i}\r\n\r\n{new string('x', i)}");

        await peer.SendAsync(string.Concat(requests));
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(200, (await peer.AnswerAsync()).Status);
        }

        Assert.Equal(Enumerable.Range(0, 100).Select(i => ($"{i}", i == 0 ? null
            : (int?)i)), server.Records().Select(record => ((string)record.PathValues["n"]!, record.BodyBytes?.Length)));
    }

    [Theory]
    [InlineData("Content-Length: 11\r\n\r\n12345678901")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n")]
    [InlineData("Content-Length: 999999999999\r\n\r\n")]
    [InlineData("Content-Length: 999999999999\r\nExpect: 100-continue\r\n\r\n")]
    public async Task A_body_that_is_too_long_gets_413_and_is_recorded(string rest)
    {
        await using StubServer server = new(new StubOptions { MaxBodyBytes = 10 }, StubServer.Route("*", "ok"));
        using HttpPeer peer = await server.ConnectAsync();

        await peer.SendAsync($"POST /a HTTP/1.1\r\nHost: a\r\n{rest}");

        Assert.Equal(413, (await peer.AnswerAsync()).Status);
        HttpRequestRecord record = Assert.Single(server.Records());
        Assert.Equal((413, null, null), (record.Status, record.Route, record.BodyBytes));
    }

    [Fact]
    public async Task Bodies_of_all_connections_together_have_a_limit()
    {
        StubOptions options = new() { Bodies = new(1_000_000) };
        await using StubServer server = new(options, StubServer.Route("*", "ok"));
        using HttpPeer first = await server.ConnectAsync();
        using HttpPeer second = await server.ConnectAsync();
        string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 700000\r\n\r\n";

        await first.SendAsync(head + new string('x', 600_000));
        await Waiting.Until(() => options.Bodies.Held > 600_000);
        await second.SendAsync(head);
        await second.SendAsync(new string('x', 700_000));
        Assert.Equal(503, (await second.AnswerAsync()).Status);

        await first.SendAsync(new string('x', 100_000));
        Assert.Equal(200, (await first.AnswerAsync()).Status);
        await Waiting.Until(() => options.Bodies.Held == 0);
    }

    [Fact]
    public async Task A_client_that_waits_for_100_gets_it_and_then_its_answer()
    {
        await using StubServer server = new(StubServer.Route("PUT /", "ok"));
        using HttpPeer peer = await server.ConnectAsync();

        await peer.SendAsync("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
        Assert.Equal(100, (await peer.ResponseAsync()).Status);
        await peer.SendAsync("hi");
        Assert.Equal("ok", (await peer.AnswerAsync()).Text);
        Assert.Equal("hi", Assert.Single(server.Records()).Text);
    }

    [Fact]
    public async Task What_no_route_answers_gets_404_with_reasons_and_is_recorded()
    {
        await using StubServer server = new(StubServer.Route("GET /users/{id}", "x"));

        HttpAnswer text = await server.AskAsync("GET", "/user/7");
        HttpAnswer json = await server.AskAsync("GET", "/user/7", "Accept: application/json");

        Assert.Equal((404, 404), (text.Status, json.Status));
        Assert.Contains("expected /users/{id}, got /user/7", text.Text, StringComparison.Ordinal);
        Assert.Equal("application/json", json["Content-Type"]);
        Assert.Equal(2, server.Unmatched.Count);
        Assert.All(server.Records(), record => Assert.Null(record.Route));
        Assert.Equal(2, server.Handler.Journal!.Read(out _).Length);
    }

    [Fact]
    public async Task Routes_can_be_added_and_removed_while_the_server_runs()
    {
        await using StubServer server = new();
        Assert.Equal(404, (await server.AskAsync("GET", "/a")).Status);

        HttpRoute added = Assert.Single(server.Handler.Add([StubServer.Route("/a", "one")]));
        Assert.Equal("one", (await server.AskAsync("GET", "/a")).Text);
        server.Handler.Add([StubServer.Route("/a", "two")]);
        Assert.Equal("two", (await server.AskAsync("GET", "/a")).Text);
        Assert.Equal(1, server.Handler.Remove(route => route.Hits == 1 && route != added));
        Assert.Equal("one", (await server.AskAsync("GET", "/a")).Text);
        Assert.Equal(2, added.Hits);
    }

    [Theory]
    [InlineData("GET", 204)]
    [InlineData("GET", 205)]
    [InlineData("GET", 304)]
    [InlineData("HEAD", 200)]
    [InlineData("DELETE", 200)]
    [InlineData("PATCH", 599)]
    [InlineData("TRACE", 200)]
    [InlineData("OPTIONS", 200)]
    [InlineData("BREW", 418)]
    public async Task Every_method_and_status_leaves_the_connection_usable(string method, int status)
    {
        RequestCriteria criteria = StubServer.Criteria($"{method} /a");
        await using StubServer server = new(new HttpRoute(criteria, [new StubAnswer { Status = status, Bytes = "body"u8.ToArray() }],
            new RouteSettings()), StubServer.Route("/next", "next"));
        using HttpPeer peer = await server.ConnectAsync();

        await peer.SendAsync($"{method} /a HTTP/1.1\r\nHost: a\r\n\r\n");
        HttpAnswer answer = await peer.ResponseAsync(method);
        Assert.Equal(status, answer.Status);
        Assert.Equal(status is 204 or 205 or 304 || method == "HEAD" ? string.Empty : "body", answer.Text);
        Assert.Equal(status == 205 ? "0" : answer["Content-Length"], answer["Content-Length"]);
        Assert.Equal("next", (await peer.GetAsync("/next")).Text);
    }

    [Theory]
    [InlineData(10, 0)]
    [InlineData(0, 1)]
    public async Task A_reset_of_content_has_none_however_it_is_sent(int bytesPerSecond, int trailers)
    {
        StubAnswer reset = new()
        {
            Status = 205,
            Bytes = "body"u8.ToArray(),
            BytesPerSecond = bytesPerSecond,
            Trailers = [.. Enumerable.Repeat(new KeyValuePair<string, string>("X-Sum", "1"), trailers)],
        };
        await using StubServer server = new(
            new HttpRoute(StubServer.Criteria("/a"), [reset], new RouteSettings()), StubServer.Route("/next", "next"));
        using HttpPeer peer = await server.ConnectAsync();

        Assert.Equal("0", (await peer.GetAsync("/a"))["Content-Length"]);
        Assert.Equal("next", (await peer.GetAsync("/next")).Text);
    }

    [Fact]
    public async Task A_tunnel_that_is_opened_has_no_length_and_is_the_end_of_http()
    {
        await using StubServer server = new(StubServer.Route("CONNECT *", "body"));
        using HttpPeer peer = await server.ConnectAsync();

        await peer.SendAsync("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
        HttpAnswer answer = await peer.ResponseAsync("CONNECT");

        Assert.Equal(200, answer.Status);
        Assert.Null(answer["Content-Length"]);
        await peer.AssertClosedAsync();
    }

    [Fact]
    public async Task An_interim_status_is_followed_by_a_final_one()
    {
        StubAnswer hints = new() { Status = 103, Fields = [new("Link", "</a.css>")] };
        await using StubServer server = new(new HttpRoute(StubServer.Criteria("/"), [hints], new RouteSettings()));
        using HttpPeer peer = await server.ConnectAsync();

        await peer.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        HttpAnswer interim = await peer.ResponseAsync();
        Assert.Equal((103, "</a.css>"), (interim.Status, interim["Link"]));
        Assert.Equal(200, (await peer.AnswerAsync()).Status);
    }

    [Fact]
    public async Task Many_delayed_answers_need_no_thread_each()
    {
        const int Clients = 300;
        StubAnswer late = new() { Bytes = "late"u8.ToArray(), DelayMilliseconds = (300, 400) };
        await using StubServer server = new(new HttpRoute(StubServer.Criteria("/"), [late], new RouteSettings()));
        long start = Environment.TickCount64;

        HttpAnswer[] answers = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => server.AskAsync("GET", "/")));

        Assert.All(answers, answer => Assert.Equal("late", answer.Text));
        Assert.InRange(Environment.TickCount64 - start, 290, 30_000);
        Assert.All(server.Records(), record => Assert.InRange(record.Duration.TotalMilliseconds, 290, 30_000));
    }

    [Fact]
    public async Task A_server_that_stops_does_not_wait_for_delays()
    {
        StubAnswer late = new() { DelayMilliseconds = (3_600_000, 3_600_000) };
        StubServer server = new(new HttpRoute(StubServer.Criteria("/"), [late], new RouteSettings()));
        using HttpPeer peer = await server.ConnectAsync();
        await peer.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await Waiting.Until(() => server.Handler.InOrder[0].Hits == 1);

        await server.DisposeAsync();
    }

    [Fact]
    public async Task The_gap_to_the_request_before_is_measured()
    {
        await using StubServer server = new(StubServer.Route("*", "x"));
        await server.AskAsync("GET", "/");
        await server.AskAsync("GET", "/");

        List<HttpRequestRecord> records = server.Records();
        Assert.Null(records[0].GapMilliseconds);
        Assert.InRange(records[1].Gap!.Value.TotalMilliseconds, 0.001, 60_000);
    }
}
