using System.Net;
using System.Net.Sockets;
using System.Text;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Http.Forward;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

/// <summary>An upstream that fails, in every phase, and requests that must not reach it.</summary>
public sealed class ForwardFaultTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public async Task An_upstream_that_is_not_there_gives_502_and_says_why()
    {
        using Socket nobody = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        nobody.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using ForwardServer server = new(HttpUri.Parse($"http://{nobody.LocalEndPoint}/"));
        using HttpPeer client = await server.ConnectAsync();

        HttpAnswer answer = await client.GetAsync("/");

        Assert.Equal(502, answer.Status);
        Assert.Contains($"Cannot connect to {nobody.LocalEndPoint}", answer.Text, StringComparison.Ordinal);
        Assert.Equal(502, (await client.GetAsync("/")).Status);
        Assert.Equal(FaultKind.ConnectionRefused, (await server.Server.Observer.FaultAsync()).Fault.Kind);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n")]
    public Task An_upstream_that_stalls_is_waited_for_only_so_long(string sent) => TimeSpan.FromSeconds(0.2).Patiently(async limit =>
    {
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync(sent);
            await peer.ReadToEndAsync();
        });
        await using ForwardServer server = new(new UpstreamOptions { Uri = upstream.Uri, Timeout = limit });
        using HttpPeer client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

        if (!sent.Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            HttpAnswer answer = await client.AnswerAsync();
            Assert.Equal(504, answer.Status);
            Assert.Contains(TimeText.Seconds(limit), answer.Text, StringComparison.Ordinal);
            return;
        }

        string got = Encoding.Latin1.GetString(await client.RestAsync());
        Assert.Contains("12345", got, StringComparison.Ordinal);
        Assert.DoesNotContain("\r\n0\r\n", got, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_upstream_that_dies_without_an_answer_gives_502(bool resets)
    {
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            if (resets)
            {
                peer.Reset();
            }
        });
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        HttpAnswer answer = await client.GetAsync("/");

        Assert.Equal(502, answer.Status);
        Assert.Contains(resets ? "reset the connection" : "without an answer", answer.Text, StringComparison.Ordinal);
        Assert.Equal(1, upstream.Connections);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le")]
    [InlineData("SSH-2.0-x\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")]
    public async Task An_answer_that_is_cut_or_malformed_before_its_body_gives_502(string text)
    {
        await using ScriptedServer upstream = new(text);
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        Assert.Equal(502, (await client.GetAsync("/")).Status);
    }

    [Theory]
    [InlineData("1.1", "Content-Length: 10\r\n\r\n12345", false)]
    [InlineData("1.1", "Content-Length: 10\r\n\r\n12345", true)]
    [InlineData("1.1", "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n", false)]
    [InlineData("1.1", "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n", true)]
    [InlineData("1.1", "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\nzz\r\n", false)]
    [InlineData("1.1", "\r\n12345", true)]
    [InlineData("1.0", "Content-Length: 10\r\n\r\n12345", false)]
    [InlineData("1.0", "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n", false)]
    [InlineData("1.0", "\r\n12345", true)]
    public async Task An_answer_that_breaks_off_does_not_look_complete(string version, string text, bool resets)
    {
        using SemaphoreSlim seen = new(0);
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync($"HTTP/1.1 200 OK\r\n{text}");
            if (resets)
            {
                await seen.WaitAsync();
                peer.Reset();
            }
        });
        await using ForwardServer server = new(upstream.Uri);
        using Peer client = await Peer.ConnectAsync(server.Server.EndPoint);
        await client.SendAsync($"GET / HTTP/{version}\r\nHost: a\r\n\r\n");
        string got = string.Empty;
        bool isReset = false;
        byte[] buffer = new byte[4096];
        try
        {
            while (await client.Stream.ReadAsync(buffer).Soon() is > 0 and int count)
            {
                got += Encoding.Latin1.GetString(buffer, 0, count);
                if (got.Contains("12345", StringComparison.Ordinal))
                {
                    seen.Release();
                }
            }
        }
        catch (IOException)
        {
            isReset = true;
        }

        // By its length, by its chunks, or by a reset: each client can tell that something is missing.
        bool hasLength = got.Contains("Content-Length: 10", StringComparison.Ordinal);
        bool isChunked = got.Contains("chunked", StringComparison.Ordinal);
        Assert.True(hasLength || isChunked || isReset, got);
        Assert.DoesNotContain("\r\n0\r\n", got, StringComparison.Ordinal);
        await Waiting.Until(() => server.Server.Records() is [{ Completed: false }]);
    }

    [Fact]
    public async Task A_request_that_may_be_repeated_survives_a_kept_connection_that_is_closed()
    {
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync(Ok);

            // The next request is on its way when the connection ends.
            await peer.ReadHeadAsync();
        });
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        Assert.Equal("ok", (await client.GetAsync("/")).Text);
        Assert.Equal("ok", (await client.GetAsync("/")).Text);
        Assert.Equal(2, upstream.Connections);

        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
        Assert.Equal(502, (await client.AnswerAsync()).Status);
        Assert.Equal(2, upstream.Connections);
    }

    [Fact]
    public async Task A_request_is_repeated_once_and_not_after_a_byte_of_the_answer()
    {
        await using ScriptedServer upstream = new(async (peer, number) =>
        {
            await peer.ReadHeadAsync();
            if (number == 0)
            {
                await peer.SendAsync(Ok);
                await peer.ReadHeadAsync();
                await peer.SendAsync("H");
            }
        });
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        Assert.Equal("ok", (await client.GetAsync("/")).Text);
        Assert.Equal(502, (await client.GetAsync("/")).Status);
        Assert.Equal(1, upstream.Connections);
        Assert.Equal(502, (await client.GetAsync("/")).Status);
        Assert.Equal(2, upstream.Connections);
    }

    [Fact]
    public async Task Bytes_after_an_answer_end_the_connection_instead_of_answering_the_next_request()
    {
        await using ScriptedServer upstream = new(async (peer, number) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync(number == 0 ? $"{Ok}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil" : Ok);
            await peer.ReadToEndAsync();
        });
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        Assert.Equal("ok", (await client.GetAsync("/")).Text);
        Assert.Equal("ok", (await client.GetAsync("/")).Text);
        Assert.Equal(2, upstream.Connections);
    }

    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nX: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello6\r\n0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\nfffffffffffffffff\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\nContent-Length: 3\r\n\r\nabc")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n")]
    public async Task A_malformed_request_is_refused_here_and_never_reaches_the_upstream(string request)
    {
        await using ScriptedServer upstream = new(Ok);
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync(request);
        HttpAnswer answer = await client.AnswerAsync();

        Assert.InRange(answer.Status, 400, 501);
        await client.RestAsync();
        Assert.Equal(0, upstream.Connections);
    }

    [Fact]
    public async Task A_chunk_that_is_malformed_later_on_cuts_the_request_off()
    {
        byte[] got = [];
        TaskCompletionSource hasFirst = new();
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            Assert.Equal("5\r\nhello\r\n", await peer.ReadTextAsync("5\r\nhello\r\n"));
            hasFirst.SetResult();
            got = await peer.ReadToEndAsync();
        });
        await using (ForwardServer server = new(upstream.Uri))
        {
            using HttpPeer client = await server.ConnectAsync();
            await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
            await hasFirst.Task.Soon();
            await client.SendAsync("evil\r\n");
            Assert.Equal(400, (await client.AnswerAsync()).Status);
        }

        await upstream.DisposeAsync();
        Assert.Empty(got);
    }

    [Fact]
    public async Task A_client_that_leaves_in_the_middle_of_its_body_cuts_the_request_off()
    {
        TaskCompletionSource<byte[]> rest = new();
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.ReadTextAsync("hello");
            rest.SetResult(await peer.ReadToEndAsync());
        });
        await using ForwardServer server = new(upstream.Uri);
        using (HttpPeer client = await server.ConnectAsync())
        {
            await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello");
            await Waiting.Until(() => upstream.Connections == 1);
        }

        Assert.Empty(await rest.Task.Soon());
    }

    [Theory]
    [InlineData("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET nothing HTTP/1.1\r\nHost: a\r\n\r\n")]
    public async Task What_has_no_path_is_not_passed_on(string request)
    {
        await using ScriptedServer upstream = new(Ok);
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync(request);

        Assert.Equal(501, (await client.AnswerAsync()).Status);
        Assert.Equal(0, upstream.Connections);
    }

    [Fact]
    public async Task A_server_that_is_stopped_does_not_wait_for_its_upstream()
    {
        TaskCompletionSource asked = new();
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            asked.SetResult();
            await peer.ReadToEndAsync();
        });
        ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await asked.Task.Soon();

        await server.DisposeAsync();
        Assert.Equal(0, server.Forwarder.Idle);
    }
}
