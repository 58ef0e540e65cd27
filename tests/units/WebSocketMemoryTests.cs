using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Tests;

/// <summary>What messages of WebSockets hold while they wait for a script, and when they give it back.</summary>
public sealed class WebSocketMemoryTests : IDisposable
{
    private const int Half = 512 * 1024;

    private readonly SemaphoreSlim _go = new(0);
    private readonly List<int> _heard = [];
    private readonly TalkingScripts _scripts;

    public WebSocketMemoryTests() => _scripts = new TalkingScripts(async message =>
    {
        await _go.WaitAsync().Soon();
        _heard.Add(message.BodyBytes![0]);
    });

    public void Dispose() => _go.Dispose();

    [Theory]
    [InlineData(2 * Half, 2)]
    [InlineData((2 * Half) - 1, 1)] // the second one is read in part
    [InlineData(100 * Half, 2)] // more room is not for one client
    public async Task What_waits_for_a_script_counts_and_the_rest_is_not_read(int limit, int waiting)
    {
        ByteLimit held = new(limit);
        await using StubServer server = Start(held);
        using HttpPeer peer = await WebSocketPeer.OpenAsync(server);
        Task sending = peer.SendAsync([.. Enumerable.Range(1, 4).SelectMany(Message)]);
        WebSocketConnection connection = await OpenedAsync(server);

        await Waiting.Until(() => connection.MessagesReceived == waiting && held.Held >= waiting * Half);
        for (int heard = 1; heard <= 4; heard++)
        {
            _go.Release();
            await Waiting.Until(() => _heard.Count == heard);
            Assert.InRange(connection.MessagesReceived, heard, heard + 2);
        }

        await sending;
        await Waiting.Until(() => held.Held == 0);
        Assert.Equal([1, 2, 3, 4], _heard);
        Assert.True(connection.IsOpen);
    }

    [Fact]
    public async Task A_message_that_no_answer_makes_room_for_is_refused()
    {
        ByteLimit held = new(Half);
        await using StubServer server = Start(held);
        using HttpPeer peer = await WebSocketPeer.OpenAsync(server);
        Assert.True(held.TryTake(1));

        await peer.SendAsync(Message(1));

        byte[] rest = await peer.RestAsync();
        Assert.Equal((0x88, 1013), (rest[0], (rest[2] << 8) | rest[3]));
        await Waiting.Until(() => held.Held == 1);
    }

    [Fact]
    public async Task An_echo_holds_one_message_after_the_other()
    {
        ByteLimit held = new(Half);
        await using StubServer server = new(new StubOptions { Bodies = held }, WebSocketPeer.Route(new WebSocketService()));
        using HttpPeer peer = await WebSocketPeer.OpenAsync(server);

        await peer.SendAsync([.. Message(1), .. Message(2)]);

        byte[] answers = await peer.BytesAsync(2 * (Half + 10));
        Assert.Equal([1, 2], [answers[10], answers[Half + 20]]);
        await Waiting.Until(() => held.Held == 0);
    }

    [Theory]
    [InlineData(100 * Half)]
    [InlineData(2 * Half)]
    public async Task A_client_that_leaves_gives_all_back_when_its_script_is_over(int limit)
    {
        ByteLimit held = new(limit);
        await using StubServer server = Start(held);
        using (HttpPeer peer = await WebSocketPeer.OpenAsync(server))
        {
            await peer.SendAsync([.. Message(1), .. Message(2), .. Message(3)[..1000]]);
            await Waiting.Until(() => held.Held >= 2 * Half);
        }

        _go.Release(2);
        await Waiting.Until(() => server.Server.ConnectionCount == 0);
        Assert.Equal(0, held.Held);
        Assert.Equal([1, 2], _heard);
    }

    [Fact]
    public async Task A_script_that_fails_gives_back_what_waits_for_it()
    {
        ByteLimit held = new(100 * Half);
        TalkingScripts scripts = new(async _ =>
        {
            await _go.WaitAsync().Soon();
            throw new InvalidOperationException("no more");
        });
        await using StubServer server = Start(held, scripts);
        using HttpPeer peer = await WebSocketPeer.OpenAsync(server);
        Task sending = peer.SendAsync([.. Enumerable.Range(1, 4).SelectMany(Message)]);
        await Waiting.Until(() => held.Held >= 2 * Half);

        _go.Release();

        await sending;
        await Waiting.Until(() => held.Held == 0);
        peer.Dispose();
        Assert.Contains("no more", (await server.Observer.FaultAsync()).Fault.Message, StringComparison.Ordinal);
    }

    private static byte[] Message(int number)
    {
        byte[] data = new byte[Half];
        data[0] = (byte)number;
        return WebSocketBytes.Frame(0x82, data);
    }

    private static async Task<WebSocketConnection> OpenedAsync(StubServer server)
    {
        await Waiting.Until(() => server.Handler.WebSockets.ToArray().Length == 1);
        return server.Handler.WebSockets.ToArray()[0];
    }

    private StubServer Start(ByteLimit held, TalkingScripts? scripts = null) => new(
        new StubOptions { Bodies = held, Scripts = scripts ?? _scripts },
        WebSocketPeer.Route(new WebSocketService { Script = "script" }));
}
