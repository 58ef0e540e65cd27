using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Http.Stub;
using PSNetLab.Engine.Messages;

namespace PSNetLab.Engine.Tests;

/// <summary>The order of the records of several connections: that of the sends, or of the ends of what was not sent.</summary>
public sealed class HttpRecordOrderTests : IDisposable
{
    private static readonly string[] s_others = ["/other1", "/other2", "/other3"];

    private readonly WebFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Whoever asks again after an answer, on whatever connection, finds the records in that order.</summary>
    [Fact]
    public async Task A_record_that_comes_late_goes_before_those_of_later_requests()
    {
        await using ServedConnection first = await ServedConnection.StartAsync(TransportKind.Portable, new() { Folder = _folder.Path });
        await using ServedConnection second = await ServedConnection.StartAsync(TransportKind.Portable, new() { Folder = _folder.Path });
        using ManualResetEventSlim gate = new();
        first.BeforeRecord = () => gate.Wait(Waiting.Limit);
        await first.Client.GetAsync("/first");
        await second.Client.GetAsync("/second");
        HttpRequestRecord early = await second.RecordAsync();
        gate.Set();
        HttpRequestRecord late = await first.RecordAsync();

        Mailbox<object> mailbox = new(10, WhenFull.Drop);
        mailbox.Add(early);
        mailbox.Add(late);

        Assert.Equal([late, early], new[] { mailbox.TryTake(), mailbox.TryTake() });
    }

    [Theory]
    [InlineData(HttpFault.Reset)]
    [InlineData(HttpFault.Empty)]
    public async Task A_request_without_an_answer_comes_after_what_was_answered_before_it(HttpFault fault)
    {
        await using StubServer server = Start(new StubAnswer { Fault = fault });
        using HttpPeer client = await server.ConnectAsync();
        await client.GetAsync("/first");
        await AskOthersAsync(server);

        await client.SendAsync("GET /own HTTP/1.1\r\nHost: a\r\n\r\n");

        await AssertLastAsync(server);
    }

    [Fact]
    public async Task A_request_whose_client_left_comes_after_what_was_answered_until_then()
    {
        ManualClock clock = new();
        await using StubServer server = Start(new StubAnswer { DelayMilliseconds = (1_000_000, 1_000_000) }, clock);
        using Peer peer = await Peer.ConnectAsync(server.EndPoint);
        using HttpPeer client = new(peer, peer.Stream);
        await client.GetAsync("/first");
        int before = clock.Started;
        await client.SendAsync("GET /own HTTP/1.1\r\nHost: a\r\n\r\n");
        await Waiting.Until(() => clock.Started > before);
        await AskOthersAsync(server);

        peer.Reset();

        // Where no loop tells of the reset, the server finds it when it looks.
        await AssertLastAsync(server, () => clock.Advance(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task An_answer_that_stalled_comes_after_what_was_answered_until_its_client_left()
    {
        await using StubServer server = Start(new StubAnswer { Fault = HttpFault.Stall, Bytes = "0123456789"u8.ToArray() });
        using (HttpPeer client = await server.ConnectAsync())
        {
            await client.GetAsync("/first");
            await client.SendAsync("GET /own HTTP/1.1\r\nHost: a\r\n\r\n");
            await client.FillAsync(1);
            await AskOthersAsync(server);
        }

        await AssertLastAsync(server);
    }

    [Fact]
    public async Task Messages_of_a_WebSocket_have_their_place_among_the_answers()
    {
        RequestCriteria criteria = new() { Methods = ["GET"], IsWebSocket = true, Path = PathPattern.Parse("/own") };
        StubAnswer echo = new() { Service = new WebSocketService() };
        await using StubServer server = new([.. Routes(), new HttpRoute(criteria, [echo], new RouteSettings())]);
        using HttpPeer client = await server.ConnectAsync();
        await client.SendAsync("GET /own HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        Assert.Equal(101, (await client.ResponseAsync()).Status);
        await server.AskAsync("GET", "/other1");
        await client.SendAsync(WebSocketBytes.Text("hello"));
        Assert.Equal(7, (await client.BytesAsync(7)).Length);
        await server.AskAsync("GET", "/other2");

        List<HttpRequestRecord> records = server.Records();

        Assert.Equal(["/own", "/other1", "/own", "/other2"], records.Select(record => record.Path));
        long[] orders = [.. records.Select(record => ((ISequenced)record).Order)];
        Assert.Equal(orders.Order(), orders);
        Assert.True(orders[0] > 0);
    }

    private static HttpRoute[] Routes() => [StubServer.Route("/first", "a"), .. s_others.Select(path => StubServer.Route(path, "a"))];

    private static StubServer Start(StubAnswer own, TimeProvider? clock = null)
        => new(
            new StubOptions { Clock = clock ?? TimeProvider.System },
            [.. Routes(), new HttpRoute(StubServer.Criteria("/own"), [own], new RouteSettings())]);

    private static async Task AskOthersAsync(StubServer server)
    {
        foreach (string path in s_others)
        {
            Assert.Equal(200, (await server.AskAsync("GET", path)).Status);
        }
    }

    private static async Task AssertLastAsync(StubServer server, Action? meanwhile = null)
    {
        await Waiting.Until(() =>
        {
            meanwhile?.Invoke();
            return server.Records().Count == s_others.Length + 2;
        });
        Assert.Equal(["/first", .. s_others, "/own"], server.Records().Select(record => record.Path));
    }
}
