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
        await using ScriptedServer upstream = new((peer, _) => peer.AnswerAllAsync(
            $"HTTP/1.1 302 Found\r\nLocation: {Fill(place, peer)}\r\nContent-Length: 0\r\n\r\n"));
        await using ForwardServer server = new(HttpUri.Parse($"http://{upstream.EndPoint}/api"));
        using HttpPeer client = await server.ConnectAsync();

        string? location = (await client.GetAsync("/"))["Location"];

        Assert.Equal(expected.Replace("{0}", $"http://{upstream.EndPoint}", StringComparison.Ordinal), location);

        static string Fill(string text, Peer peer) => text.Replace("{0}", $"http://{peer.Socket.LocalEndPoint}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interim_answers_are_passed_on()
    {
        await using ScriptedServer upstream = new((peer, _) => peer.AnswerAllAsync(
            $"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nConnection: close\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n{Ok}"));
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal("HTTP/1.1 103 Early Hints\r\nLink: </a.css>", (await client.ResponseAsync()).Head);
        Assert.Equal(102, (await client.ResponseAsync()).Status);
        Assert.Equal("ok", (await client.AnswerAsync()).Text);
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
}
