using System.Globalization;
using System.Text;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Http.Forward;

namespace PSNetLab.Engine.Tests;

/// <summary>What the upstream and the client see of each other.</summary>
public sealed class ForwardTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public async Task Fields_of_one_connection_stay_there_and_the_host_is_that_of_the_upstream()
    {
        string seen = string.Empty;
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            seen = await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 201 Created\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nConnection: X-Here\r\nX-Here: 1\r\n"
                + "Keep-Alive: timeout=5\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\nok");
            await peer.ReadToEndAsync();
        });
        await using ForwardServer server = new(HttpUri.Parse($"http://{upstream.EndPoint}/api/"));
        using HttpPeer client = await server.ConnectAsync();

        HttpAnswer answer = await client.GetAsync("/a%2Fb/../c?x=1&y", "Connection: keep-alive, X-Mine", "X-Mine: 1", "Keep-Alive: 3",
            "TE: trailers", "Proxy-Authorization: Basic eA==", "Accept-Encoding: gzip", "X-Kept: 2", "Proxy-Connection: close");

        string fields = "Accept-Encoding: gzip\r\nX-Kept: 2\r\n";
        Assert.Equal($"GET /api/a%2Fb/../c?x=1&y HTTP/1.1\r\nHost: {upstream.EndPoint}\r\n{fields}\r\n", seen);
        Assert.Equal((201, "ok"), (answer.Status, answer.Text));
        Assert.Equal("HTTP/1.1 201 Created\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
            + "Content-Length: 2", answer.Head);
    }

    [Theory]
    [InlineData("http://example.org/x?y", "/x?y")]
    [InlineData("http://example.org", "/")]
    [InlineData("http://example.org?q", "/?q")]
    [InlineData("/%7B//", "/%7B//")]
    public async Task A_target_becomes_a_path(string target, string expected)
    {
        await using ScriptedServer upstream = new(Echo);
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        Assert.StartsWith($"GET {expected} HTTP/1.1\r\n", (await client.GetAsync(target)).Text);
    }

    [Theory]
    [InlineData("{0}/api/x?y", "/x?y")]
    [InlineData("{0}/api", "/")]
    [InlineData("/api/x", "/x")]
    [InlineData("{0}/apix", "{0}/apix")]
    [InlineData("/other", "/other")]
    [InlineData("//host/api/x", "//host/api/x")]
    [InlineData("https://other/api/x", "https://other/api/x")]
    [InlineData("x/y", "x/y")]
    public async Task A_place_on_the_upstream_becomes_one_here(string place, string expected)
    {
        await using ScriptedServer upstream = new((peer, _) => AnswerAsync(
            peer, $"HTTP/1.1 302 Found\r\nLocation: {Fill(place, peer)}\r\nContent-Length: 0\r\n\r\n"));
        await using ForwardServer server = new(HttpUri.Parse($"http://{upstream.EndPoint}/api"));
        using HttpPeer client = await server.ConnectAsync();

        string? location = (await client.GetAsync("/"))["Location"];

        Assert.Equal(expected.Replace("{0}", $"http://{upstream.EndPoint}", StringComparison.Ordinal), location);

        static string Fill(string text, Peer peer) => text.Replace("{0}", $"http://{peer.Socket.LocalEndPoint}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Content-Length: 11\r\n\r\nhello world", "Content-Length: 11\r\n\r\nhello world")]
    [InlineData("Content-Length: 0\r\n\r\n", "Content-Length: 0\r\n\r\n")]
    [InlineData(
        "Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 1\r\nContent-Length: 3\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\nX-Sum: 1\r\n\r\n")]
    public async Task A_body_is_passed_on_with_its_framing_made_anew(string sent, string expected)
    {
        string want = $"POST /x HTTP/1.1\r\nHost: {{0}}\r\n{expected}";
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            string text = want.Replace("{0}", peer.Socket.LocalEndPoint!.ToString(), StringComparison.Ordinal);
            Assert.Equal(text, await peer.ReadTextAsync(text));
            await peer.SendAsync(Ok);
            await peer.ReadToEndAsync();
        });
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync($"POST /x HTTP/1.1\r\nHost: a\r\n{sent}");

        Assert.Equal("ok", (await client.AnswerAsync()).Text);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", "")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nhe\r\n3\r\nllo\r\n0\r\nX-Sum: 7\r\n\r\n", "hello", "X-Sum: 7")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nhello", "hello", "")]
    [InlineData("HTTP/1.0 200 OK\r\n\r\nhello", "hello", "")]
    public async Task An_answer_of_each_framing_arrives_whole(string answer, string body, string trailer)
    {
        await using ScriptedServer upstream = new(answer);
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        string got = Encoding.Latin1.GetString(await client.RestAsync());

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", got);
        Assert.Contains(body, string.Concat(got.Split("\r\n").Where(line => !line.StartsWith('5'))), StringComparison.Ordinal);
        Assert.Equal(trailer.Length > 0, got.Contains(trailer + "\r\n\r\n", StringComparison.Ordinal) && trailer.Length > 0);
        Assert.True(!got.Contains("chunked", StringComparison.Ordinal) || got.EndsWith("\r\n\r\n", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", 200, "500")]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 200, null)]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\n\r\n", 204, null)]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n", 304, null)]
    public async Task Answers_without_a_body_leave_the_connection_ready(string method, string text, int status, string? length)
    {
        await using ScriptedServer upstream = new((peer, _) => AnswerAsync(peer, text, Ok));
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        HttpAnswer answer = await client.AskAsync(method, "/");

        Assert.Equal((status, length), (answer.Status, answer["Content-Length"]));
        Assert.Equal("ok", (await client.GetAsync("/")).Text);
        Assert.Equal(1, upstream.Connections);
    }

    [Fact]
    public async Task Interim_answers_are_passed_on()
    {
        await using ScriptedServer upstream = new((peer, _) => AnswerAsync(
            peer, $"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nConnection: close\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n{Ok}"));
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal("HTTP/1.1 103 Early Hints\r\nLink: </a.css>", (await client.ResponseAsync()).Head);
        Assert.Equal(102, (await client.ResponseAsync()).Status);
        Assert.Equal("ok", (await client.AnswerAsync()).Text);
    }

    [Fact]
    public async Task A_client_that_waits_for_100_gets_it_when_the_upstream_wants_the_body()
    {
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            Assert.Contains("Expect: 100-continue", await peer.ReadHeadAsync(), StringComparison.Ordinal);
            await peer.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
            Assert.Equal("hello", await peer.ReadTextAsync("hello"));
            await peer.SendAsync(Ok);
            await peer.ReadToEndAsync();
        });
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        Assert.Equal(100, (await client.ResponseAsync()).Status);
        await client.SendAsync("hello");

        Assert.Equal("ok", (await client.AnswerAsync()).Text);
    }

    [Fact]
    public async Task A_client_that_waits_for_100_gets_the_refusal_instead()
    {
        await using ScriptedServer upstream = new(
            (peer, _) => AnswerAsync(peer, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno"));
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");

        Assert.Equal((401, "no"), await client.AnswerAsync() is var answer ? (answer.Status, answer.Text) : default);
    }

    [Fact]
    public async Task Large_bodies_pass_in_pieces_and_are_not_held()
    {
        const int Size = 128 * 1024 * 1024;
        byte[] piece = new byte[1024 * 1024];
        Random.Shared.NextBytes(piece);
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {Size}\r\n\r\n");
            for (int i = 0; i < Size; i += piece.Length)
            {
                await peer.SendAsync(await peer.ReadAsync(piece.Length));
            }
        });
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();
        int sent = 0;

        // The upstream answers from the first byte on, and the client reads nothing: only the buffers of the sockets may fill.
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {Size}\r\n\r\n");
        _ = Task.Run(async () =>
        {
            while (sent < Size)
            {
                await client.SendAsync(piece);
                Interlocked.Add(ref sent, piece.Length);
            }
        });
        int last;
        do
        {
            last = Volatile.Read(ref sent);
            await Task.Delay(250);
        }
        while (last == 0 || last != Volatile.Read(ref sent));

        Assert.InRange(last, 1, Size / 2);
    }

    [Fact]
    public async Task An_upload_and_a_download_of_many_pieces_arrive_as_they_were()
    {
        const int Size = 8 * 1024 * 1024;
        byte[] data = new byte[Size];
        Random.Shared.NextBytes(data);
        byte[] got = [];
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            got = await peer.ReadAsync(Size);
            await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {Size}\r\n\r\n");
            await peer.SendAsync(got);
            await peer.ReadToEndAsync();
        });
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync($"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: {Size}\r\n\r\n");
        await client.SendAsync(data);
        HttpAnswer answer = await client.AnswerAsync();

        Assert.Equal(data, got);
        Assert.Equal(data, answer.Body);
    }

    [Fact]
    public async Task A_refusal_in_the_middle_of_an_upload_is_passed_on_at_once()
    {
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
            await peer.ReadToEndAsync();
        });
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\nthe rest never comes");

        Assert.Equal((413, "big"), await client.AnswerAsync() is var answer ? (answer.Status, answer.Text) : default);
    }

    [Fact]
    public async Task A_protocol_that_the_upstream_agrees_to_goes_both_ways()
    {
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            string head = await peer.ReadHeadAsync();
            Assert.Contains("\r\nConnection: Upgrade\r\nUpgrade: chat\r\n", head, StringComparison.Ordinal);
            await peer.SendAsync("HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\nhello");
            Assert.Equal("hi", await peer.ReadTextAsync("hi"));
            await peer.SendAsync("bye");
        });
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync("GET /chat HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: chat\r\n\r\n");
        Assert.Equal(101, (await client.ResponseAsync()).Status);
        Assert.Equal("hello"u8.ToArray(), await client.BytesAsync(5));
        await client.SendAsync("hi");

        Assert.Equal("bye"u8.ToArray(), await client.BytesAsync(3));
    }

    [Fact]
    public async Task Routes_come_first_and_what_they_want_of_a_body_is_read_for_them()
    {
        HttpRoute route = StubServer.Route("POST /mine", "mine");
        HttpRoute picky = new(
            StubServer.Criteria("POST /picky") with { Body = Http.Stub.BodyMatch.Exactly("yes") },
            [new Http.Stub.StubAnswer { Bytes = "picked"u8.ToArray() }],
            new());
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            while (true)
            {
                await peer.ReadHeadAsync();
                await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nup:{await peer.ReadTextAsync("no")}");
            }
        });
        await using ForwardServer server = new(upstream.Uri, route, picky);

        Assert.Equal("mine", await PostAsync("/mine", "x"));
        Assert.Equal("picked", await PostAsync("/picky", "yes"));
        Assert.Equal("up:no", await PostAsync("/picky", "no"));
        Assert.Equal("up:xy", await PostAsync("/other", "xy"));
        Assert.Equal(["POST /mine", "POST /picky", null, null], server.Server.Records().Select(record => record.Route));

        async Task<string> PostAsync(string path, string body)
        {
            using HttpPeer client = await server.ConnectAsync();
            await client.SendAsync($"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {body.Length}\r\n\r\n");
            await client.SendAsync(body);
            return (await client.AnswerAsync()).Text;
        }
    }

    [Fact]
    public async Task Sixty_four_clients_get_their_own_answers()
    {
        const int Each = 50;
        await using ScriptedServer upstream = new(Echo);
        await using ForwardServer server = new(upstream.Uri);

        await Task.WhenAll(Enumerable.Range(0, 64).Select(async number =>
        {
            using HttpPeer client = await server.ConnectAsync();
            for (int i = 0; i < Each; i++)
            {
                string path = string.Create(CultureInfo.InvariantCulture, $"/{number}/{i}");
                Assert.StartsWith($"GET {path} HTTP/1.1\r\n", (await client.GetAsync(path)).Text);
            }
        }));

        Assert.InRange(upstream.Connections, 1, 64);
        Assert.InRange(server.Forwarder.Idle, 1, 64);
    }

    /// <summary>Answers each request with its head.</summary>
    private static async Task Echo(Peer peer, int number)
    {
        while (true)
        {
            string head = await peer.ReadHeadAsync();
            await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {head.Length}\r\n\r\n{head}");
        }
    }

    private static async Task AnswerAsync(Peer peer, params string[] answers)
    {
        foreach (string answer in answers)
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync(answer);
        }

        await peer.ReadToEndAsync();
    }
}
