using System.Net.Sockets;
using PSNetLab.Engine.Http.Forward;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Tests;

/// <summary>A server that stops while requests only wait: they end without an answer, and nothing of it is an error.</summary>
public sealed class StubServerStopTests
{
    [Fact]
    public Task For_a_delay() => AssertSilentAsync(new StubAnswer { DelayMilliseconds = (int.MaxValue, int.MaxValue) });

    [Fact]
    public Task For_a_service() => AssertSilentAsync(new StubAnswer { Service = new Waits() });

    [Theory]
    [InlineData("1.1")]
    [InlineData("1.0")]
    public async Task A_slow_answer_breaks_off_and_does_not_look_complete(string version)
    {
        StubAnswer slow = new()
        {
            Bytes = new byte[1_000_000], BytesPerSecond = 1, Trailers = version == "1.0" ? [new("X-Sum", "1")] : [],
        };
        StubServer server = new(Route(slow));
        using HttpPeer peer = await server.ConnectAsync();
        await peer.SendAsync($"GET / HTTP/{version}\r\nHost: a\r\n\r\n");
        await peer.FillAsync(1);

        await server.DisposeAsync();

        Assert.Empty(server.Observer.FaultsLeft());
        Assert.False(Assert.Single(server.Records()).Completed);
        IOException? error = version == "1.0" ? await Assert.ThrowsAsync<IOException>(() => peer.FillAsync(1_000_000)) : null;
        Assert.Equal(error is null ? null : SocketError.ConnectionReset, (error?.InnerException as SocketException)?.SocketErrorCode);
    }

    /// <summary>Without a length, only a reset tells a client that there should have been more.</summary>
    [Fact]
    public async Task An_answer_that_nobody_reads_breaks_off_and_does_not_look_complete()
    {
        StubServer server = new(Route(new StubAnswer { Bytes = new byte[64 * 1024 * 1024], Trailers = [new("X-Sum", "1")] }));
        using HttpPeer peer = await server.ConnectAsync();
        await peer.SendAsync("GET / HTTP/1.0\r\n\r\n");
        await Waiting.Until(() => peer.Socket.Available > 100_000);

        await server.DisposeAsync();

        IOException error = await Assert.ThrowsAsync<IOException>(() => peer.FillAsync(64 * 1024 * 1024));
        Assert.Equal(SocketError.ConnectionReset, (error.InnerException as SocketException)?.SocketErrorCode);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")]
    public async Task For_an_upstream(string request)
    {
        TaskCompletionSource came = new();
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            came.SetResult();
            await peer.ReadToEndAsync();
        });
        using Forwarder forwarder = new(new UpstreamOptions { Uri = upstream.Uri });
        StubServer server = new(new StubOptions { Upstream = forwarder });
        using HttpPeer peer = await server.ConnectAsync();
        await peer.SendAsync(request);
        await came.Task.Soon();

        await AssertSilentAsync(server, peer);
    }

    [Fact]
    public async Task For_the_end_of_an_upstream_that_has_changed_the_protocol()
    {
        TaskCompletionSource ended = new();
        TaskCompletionSource checkedAll = new();
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\n");
            await peer.ReadToEndAsync();
            ended.SetResult();
            await checkedAll.Task;
        });
        try
        {
            using Forwarder forwarder = new(new UpstreamOptions { Uri = upstream.Uri });
            StubServer server = new(new StubOptions { Upstream = forwarder });
            using HttpPeer peer = await server.ConnectAsync();
            await peer.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n");
            Assert.Equal(101, (await peer.ResponseAsync()).Status);

            await AssertSilentAsync(server, peer);
            await ended.Task.Soon();
        }
        finally
        {
            checkedAll.SetResult();
        }
    }

    private static HttpRoute Route(StubAnswer answer) => new(StubServer.Criteria("/"), [answer], new RouteSettings());

    private static async Task AssertSilentAsync(StubAnswer answer)
    {
        StubServer server = new(Route(answer));
        using HttpPeer peer = await server.ConnectAsync();
        await peer.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await Waiting.Until(() => server.Handler.InOrder[0].Hits == 1);

        await AssertSilentAsync(server, peer);
    }

    private static async Task AssertSilentAsync(StubServer server, HttpPeer peer)
    {
        await server.DisposeAsync();

        Assert.Empty(await peer.RestAsync());
        Assert.Empty(server.Observer.FaultsLeft());
        HttpRequestRecord record = Assert.Single(server.Records());
        Assert.False(record.Completed);
    }

    /// <summary>Waits until the server asks its connections to end, as what dials for a tunnel does.</summary>
    private sealed class Waits : StubService
    {
        internal override async ValueTask ServeAsync(
            HttpExchange exchange, StubAnswer answer, HttpRequestRecord request, StubHandler handler)
            => await Task.Delay(Timeout.Infinite, exchange.Ending);

        public override string ToString() => "waits";
    }
}
