using System.Text;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Tests;

/// <summary>Event streams: their text, and their end.</summary>
public sealed class ServerSentEventTests
{
    [Theory]
    [InlineData("a", "data: a\n\n")]
    [InlineData("", "data: \n\n")]
    [InlineData("a\nb\r\nc\rd\n", "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n")]
    [InlineData("a\fb\u0085c\u2028d\u2029e", "data: a\fb\u0085c\u2028d\u2029e\n\n")]
    [InlineData(": not a comment", "data: : not a comment\n\n")]
    public void Each_line_of_data_is_a_line(string data, string expected)
        => Assert.Equal(expected, Encoding.UTF8.GetString(new ServerSentEvent { Data = data }.Format()));

    [Fact]
    public void An_event_has_what_was_given()
    {
        ServerSentEvent all = new() { Data = "\u20ac", Event = "tick", Id = "7", Retry = 1500, Comment = "c" };
        Assert.Equal(": c\nevent: tick\nid: 7\nretry: 1500\ndata: \u20ac\n\n", Encoding.UTF8.GetString(all.Format()));
        Assert.True(all.IsValid);
    }

    [Theory]
    [InlineData("a\nb", null, null)]
    [InlineData(null, "a\rdata: x", null)]
    [InlineData(null, "a\0", null)]
    [InlineData(null, null, -1)]
    public void What_would_break_out_of_its_line_is_invalid(string? type, string? id, int? retry)
        => Assert.False(new ServerSentEvent { Event = type, Id = id, Retry = retry }.IsValid);

    [Fact]
    public async Task Events_go_out_as_they_come_and_the_connection_goes_on()
    {
        Steps steps = new();
        await using StubServer server = new(new StubOptions { Scripts = steps }, Events(TimeSpan.Zero), StubServer.Route("GET /", "next"));
        using HttpPeer peer = await server.ConnectAsync();
        await peer.SendAsync("GET /events HTTP/1.1\r\nHost: a\r\nLast-Event-ID: 41\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await steps.Began.Task.Soon();
        Assert.Equal("41", steps.LastEventId);
        await peer.FillAsync(1);
        steps.End.SetResult();

        HttpAnswer answer = await peer.ResponseAsync();
        Assert.Equal(("text/event-stream", "no-store"), (answer["Content-Type"], answer["Cache-Control"]));
        Assert.Equal("data: first\n\ndata: last\n\n", answer.Text);
        Assert.Equal("next", (await peer.AnswerAsync()).Text);
        Assert.True(server.Records()[0].Completed);
    }

    [Fact]
    public async Task A_client_that_closes_ends_the_script()
    {
        Steps steps = new();
        await using StubServer server = new(new StubOptions { Scripts = steps }, Events(TimeSpan.Zero));
        using (HttpPeer peer = await server.ConnectAsync())
        {
            await peer.SendAsync("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
            await steps.Began.Task.Soon();
            await peer.FillAsync(100);
        }

        await steps.Left.Task.Soon();
        await Waiting.Until(() => server.Records().Count == 1);
        Assert.False(server.Records()[0].Completed);
        Assert.Empty(server.Observer.FaultsLeft());
    }

    [Theory]
    [InlineData(64 * 1024)]
    [InlineData(300_000)]
    public async Task A_client_that_has_sent_much_ahead_and_closes_ends_the_script(int ahead)
    {
        Steps steps = new();
        await using StubServer server = new(new StubOptions { Scripts = steps }, Events(TimeSpan.Zero));
        using (HttpPeer peer = await server.ConnectAsync())
        {
            await peer.SendAsync("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
            await steps.Began.Task.Soon();
            await peer.SendAsync(new byte[ahead]);
        }

        await steps.Left.Task.Soon();
    }

    [Fact]
    public async Task A_client_that_has_sent_much_ahead_gets_all_events()
    {
        Steps steps = new();
        await using StubServer server = new(new StubOptions { Scripts = steps }, Events(TimeSpan.Zero));
        using HttpPeer peer = await server.ConnectAsync();
        await peer.SendAsync("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
        await steps.Began.Task.Soon();
        await peer.SendAsync(new byte[1_000_000]);
        steps.End.SetResult();

        Assert.Equal("data: first\n\ndata: last\n\n", (await peer.ResponseAsync()).Text);
        await peer.RestAsync();
    }

    [Fact]
    public async Task A_client_that_only_ends_its_side_gets_all_events()
    {
        Steps steps = new();
        await using StubServer server = new(new StubOptions { Scripts = steps }, Events(TimeSpan.Zero));
        using HttpPeer peer = await server.ConnectAsync();
        await peer.SendAsync("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
        peer.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        await steps.Began.Task.Soon();
        StringBuilder came = new();
        while (came.ToString().Split("\n:\n\n").Length < 3)
        {
            came.Append((char)(await peer.BytesAsync(1))[0]);
        }

        // That is the second time that it was asked whether it listens.
        Assert.False(steps.Left.Task.IsCompleted);
        steps.End.SetResult();
        Assert.Contains("data: last\n\n", Encoding.Latin1.GetString(await peer.RestAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_stops_ends_the_stream()
    {
        Steps steps = new();
        StubServer server = new(new StubOptions { Scripts = steps }, Events(TimeSpan.Zero));
        using HttpPeer peer = await server.ConnectAsync();
        await peer.SendAsync("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
        await steps.Began.Task.Soon();
        server.Server.Stop();
        Assert.Equal("data: first\n\n", (await peer.ResponseAsync()).Text);
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_heartbeat_is_a_comment_again_and_again()
    {
        Steps steps = new();
        await using StubServer server = new(new StubOptions { Scripts = steps }, Events(TimeSpan.FromMilliseconds(20)));
        using HttpPeer peer = await server.ConnectAsync();
        await peer.SendAsync("GET /events HTTP/1.0\r\n\r\n");
        await peer.FillAsync(300); // the head, the first event, and more
        steps.End.SetResult();
        Assert.Contains("data: first\n\n:\n\n:\n\n", (await peer.ResponseAsync()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_head_is_asked_for_without_the_script()
    {
        Steps steps = new();
        await using StubServer server = new(new StubOptions { Scripts = steps }, Events(TimeSpan.Zero));
        HttpAnswer answer = await server.AskAsync("HEAD", "/events");
        Assert.Equal("text/event-stream", answer["Content-Type"]);
        Assert.False(steps.Began.Task.IsCompleted);
    }

    private static HttpRoute Events(TimeSpan heartbeat)
        => new(StubServer.Criteria("GET /events"), [new StubAnswer { Service = new EventStreamService("script", heartbeat) }], new());

    /// <summary>A script that sends an event, waits, and sends another one.</summary>
    private sealed class Steps : IStubScripts
    {
        internal TaskCompletionSource Began { get; } = new();

        internal TaskCompletionSource End { get; } = new();

        internal TaskCompletionSource Left { get; } = new();

        internal string? LastEventId { get; private set; }

        public Task<StubAnswer?> AnswerAsync(StubAnswer answer, HttpRequestRecord request) => throw new NotSupportedException();

        public Task<bool> TestAsync(object script, HttpRequestRecord request) => throw new NotSupportedException();

        public Task TalkAsync(object script, HttpRequestRecord input, WebSocketConnection connection, CancellationToken left)
            => throw new NotSupportedException();

        public async Task StreamAsync(object script, HttpRequestRecord request, Func<ServerSentEvent, Task> send, CancellationToken left)
        {
            LastEventId = request.HeaderTable["Last-Event-ID"] as string;
            using CancellationTokenRegistration leaving = left.Register(() => Left.TrySetResult());
            await send(new ServerSentEvent { Data = "first" });
            Began.SetResult();
            if (await Task.WhenAny(End.Task, Left.Task) == End.Task)
            {
                await send(new ServerSentEvent { Data = "last" });
            }
        }
    }
}
