using System.Net.WebSockets;
using System.Text;
using PSNetLab.Engine.Http.Stub;
using PSNetLab.Engine.Http.WebSockets;

namespace PSNetLab.Engine.Tests;

/// <summary>WebSockets of a server, with the client of the runtime as the other side, and with bytes.</summary>
public sealed class WebSocketServerTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(65535)]
    [InlineData(65536)]
    [InlineData(3_000_000)]
    public async Task Messages_are_echoed(int length)
    {
        await using StubServer server = new(Echo());
        using ClientWebSocket client = await ConnectAsync(server);
        byte[] data = new byte[length];
        new Random(7).NextBytes(data);

        await client.SendAsync(data, WebSocketMessageType.Binary, endOfMessage: true, default).Soon();
        (WebSocketMessageType type, byte[] came) = await ReceiveAsync(client);
        Assert.Equal(WebSocketMessageType.Binary, type);
        Assert.Equal(data, came);

        await client.SendAsync("h\u00e9"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: false, default).Soon();
        await client.SendAsync("llo"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, default).Soon();
        (type, came) = await ReceiveAsync(client);
        Assert.Equal((WebSocketMessageType.Text, "h\u00e9llo"), (type, Encoding.UTF8.GetString(came)));

        await client.CloseAsync(WebSocketCloseStatus.EndpointUnavailable, "bye", default).Soon();
        Assert.Equal((WebSocketCloseStatus?)1001, client.CloseStatus);
        await Waiting.Until(() => server.Records().Count == 4);
        Assert.Equal(
            [
                ("GET", 101, null), ("WS", 0, WebSocketMessageType.Binary), ("WS", 0, WebSocketMessageType.Text),
                ("WS", 1001, WebSocketMessageType.Close),
            ],
            server.Records().Select(record => (record.Method, record.Status, record.MessageKind)));
        Assert.All(server.Records(), record => Assert.Equal(("/ws", "WS /ws"), (record.Path, record.Route)));
        Assert.Equal("bye", server.Records()[3].Text);
        Assert.Empty(server.Observer.FaultsLeft());
    }

    [Fact]
    public async Task The_handshake_of_the_standard_has_its_answer()
    {
        await using StubServer server = new(Echo("chat", "superchat"));
        using HttpPeer peer = await server.ConnectAsync();
        await peer.SendAsync($"GET /ws HTTP/1.1\r\n{WebSocketPeer.Fields}Sec-WebSocket-Protocol: none, superchat, chat\r\n"
            + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
        string head = await WebSocketPeer.HeadAsync(peer);
        Assert.StartsWith("HTTP/1.1 101 Switching Protocols\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nSec-WebSocket-Protocol: superchat\r\n", head, StringComparison.Ordinal);
        Assert.DoesNotContain("Extensions", head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Connection: keep-alive, Upgrade\r\n", "", 400)]
    [InlineData("Sec-WebSocket-Version: 13\r\n", "Sec-WebSocket-Version: 8\r\n", 426)]
    [InlineData("Sec-WebSocket-Version: 13\r\n", "", 426)]
    [InlineData("Key: dGhlIHNhbXBsZSBub25jZQ==", "Key: dGhlIHNhbXBsZSBub25j", 400)]
    [InlineData("Key: dGhlIHNhbXBsZSBub25jZQ==", "Key: dGhlIHNhbXBsZSBub25jZQ=!", 400)]
    [InlineData("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", 400)]
    [InlineData("Host: a\r\n", "", 400)]
    [InlineData("Upgrade: websocket\r\n", "Upgrade: h2c\r\n", 404)]
    [InlineData("Upgrade: websocket\r\n", "", 404)]
    public async Task A_wrong_handshake_is_refused(string right, string wrong, int status)
    {
        await using StubServer server = new(Echo());
        using HttpPeer peer = await server.ConnectAsync();
        await peer.SendAsync($"GET /ws HTTP/1.1\r\n{WebSocketPeer.Fields.Replace(right, wrong, StringComparison.Ordinal)}\r\n");
        HttpAnswer answer = await peer.AnswerAsync();
        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 426 ? "13" : null, answer["Sec-WebSocket-Version"]);
        if (status != 400 || !right.StartsWith("Host", StringComparison.Ordinal))
        {
            // The connection goes on with HTTP.
            await peer.SendAsync($"GET /ws HTTP/1.1\r\n{WebSocketPeer.Fields}\r\n");
            Assert.StartsWith("HTTP/1.1 101 ", await WebSocketPeer.HeadAsync(peer), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_page_and_a_WebSocket_may_have_the_same_path()
    {
        await using StubServer server = new(Echo(), StubServer.Route("GET /ws", "page"));
        using HttpPeer peer = await server.ConnectAsync();
        Assert.Equal("page", (await peer.GetAsync("/ws")).Text);
        using ClientWebSocket client = await ConnectAsync(server);
        Assert.Equal(WebSocketState.Open, client.State);
    }

    [Fact]
    public async Task Frames_that_come_with_the_request_are_read_however_they_are_cut()
    {
        await using StubServer server = new(Echo());
        byte[] all =
        [
            .. Encoding.ASCII.GetBytes($"GET /ws HTTP/1.1\r\n{WebSocketPeer.Fields}\r\n"), .. WebSocketBytes.Text("a", isFinal: false),
            .. WebSocketBytes.Frame(0x89, "p"u8.ToArray()), .. WebSocketBytes.Frame(0x80, "b"u8.ToArray()), .. WebSocketBytes.Close(1000),
        ];
        byte[] answers = [0x8A, 1, (byte)'p', 0x81, 2, (byte)'a', (byte)'b', 0x88, 2, 0x03, 0xE8];
        for (int cut = 1; cut <= all.Length; cut += cut < 150 ? 30 : 1)
        {
            using HttpPeer peer = await server.ConnectAsync();
            await peer.SendAsync(all[..cut]);
            await peer.SendAsync(all[cut..]);
            await WebSocketPeer.HeadAsync(peer);
            Assert.Equal(answers, await peer.RestAsync());
        }
    }

    [Theory]
    [InlineData(0xC1, 1002)]
    [InlineData(0x83, 1002)]
    public async Task A_broken_rule_closes_with_its_code_although_more_comes(int first, int code)
    {
        await using StubServer server = new(Echo());
        using HttpPeer peer = await WebSocketPeer.OpenAsync(server);
        await peer.SendAsync([.. WebSocketBytes.Frame(first, []), .. WebSocketBytes.Frame(0x82, new byte[200_000])]);
        byte[] rest = await peer.RestAsync();
        Assert.Equal(0x88, rest[0]);
        Assert.Equal(code, (rest[2] << 8) | rest[3]);
        await Waiting.Until(() => server.Records().Count == 2);
        Assert.Equal(code, server.Records()[1].Status);
    }

    [Fact]
    public async Task A_client_that_leaves_without_a_word_is_recorded_with_1006()
    {
        await using StubServer server = new(Echo());
        using (HttpPeer peer = await WebSocketPeer.OpenAsync(server))
        {
            await peer.SendAsync(WebSocketBytes.Text("a", isFinal: false));
        }

        await Waiting.Until(() => server.Records().Count == 2);
        Assert.Equal((WebSocketMessageType.Close, 1006), (server.Records()[1].MessageKind, server.Records()[1].Status));
        await Waiting.Until(() => server.Server.ConnectionCount == 0);
        Assert.Empty(server.Handler.WebSockets.ToArray());
        Assert.Empty(server.Observer.FaultsLeft());
    }

    [Fact]
    public async Task The_server_can_push_and_close()
    {
        await using StubServer server = new(Echo());
        using ClientWebSocket client = await ConnectAsync(server);
        await Waiting.Until(() => server.Handler.WebSockets.ToArray().Length == 1);
        WebSocketConnection connection = server.Handler.WebSockets.ToArray()[0];

        connection.Send("news");
        connection.Ping();
        connection.Send([1, 2]);
        Assert.Equal("news", Encoding.UTF8.GetString((await ReceiveAsync(client)).Data));
        Assert.Equal([1, 2], (await ReceiveAsync(client)).Data);
        connection.Close(4001, "enough");
        Assert.Equal(WebSocketMessageType.Close, (await ReceiveAsync(client)).Type);
        Assert.Equal(((WebSocketCloseStatus?)4001, "enough"), (client.CloseStatus, client.CloseStatusDescription));
        await client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default).Soon();

        await Waiting.Until(() => server.Server.ConnectionCount == 0);
        NetLabException error = Assert.Throws<NetLabException>(() => connection.Send("late"));
        Assert.Equal(FaultKind.ConnectionClosed, error.Kind);
        Assert.Throws<ArgumentOutOfRangeException>(() => connection.Close(1006, string.Empty));
        Assert.Equal((2, 0), (connection.MessagesSent, connection.MessagesReceived));
    }

    [Fact]
    public async Task A_server_that_stops_says_so()
    {
        StubServer server = new(Echo());
        using ClientWebSocket client = await ConnectAsync(server);
        Task<(WebSocketMessageType Type, byte[])> end = ReceiveAsync(client);
        await Waiting.Until(() => server.Handler.WebSockets.ToArray().Length == 1);
        server.Server.Stop();
        Assert.Equal(WebSocketMessageType.Close, (await end).Type);
        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, client.CloseStatus);
        await client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default).Soon();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_client_that_ignores_the_end_of_the_server_does_not_hold_it()
    {
        StubServer server = new(Echo());
        using HttpPeer peer = await WebSocketPeer.OpenAsync(server);
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Scripts_answer_in_order_and_what_came_before_the_end_is_answered()
    {
        List<string?> told = [];
        TalkingScripts scripts = new(message => told.Add(message.Text));
        await using StubServer server = new(new StubOptions { Scripts = scripts }, Scripted());
        using HttpPeer peer = await WebSocketPeer.OpenAsync(server);
        await peer.SendAsync([.. Enumerable.Range(0, 100).SelectMany(i => WebSocketBytes.Text($"{i}")), .. WebSocketBytes.Close(1000)]);
        await peer.RestAsync();
        await Waiting.Until(() => told.Count == 100);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), told);
        await scripts.Left.Task.Soon();
    }

    [Fact]
    public async Task A_quiet_client_gets_a_Ping_again_and_again_and_one_that_speaks_gets_none()
    {
        await using StubServer server = new(WebSocketPeer.Route(new WebSocketService { Heartbeat = TimeSpan.FromMilliseconds(100) }));
        using HttpPeer peer = await WebSocketPeer.OpenAsync(server);

        Assert.Equal([0x89, 0, 0x89, 0], await peer.BytesAsync(4));
    }

    private static HttpRoute Echo(params string[] protocols) => WebSocketPeer.Route(new WebSocketService { Protocols = protocols });

    private static HttpRoute Scripted() => WebSocketPeer.Route(new WebSocketService { Script = "script", Opening = "opening" });

    private static async Task<ClientWebSocket> ConnectAsync(StubServer server)
    {
        ClientWebSocket client = new();
        await client.ConnectAsync(new Uri($"ws://{server.EndPoint}/ws"), default).Soon();
        return client;
    }

    private static async Task<(WebSocketMessageType Type, byte[] Data)> ReceiveAsync(ClientWebSocket client)
    {
        using MemoryStream data = new();
        byte[] buffer = new byte[64 * 1024];
        WebSocketReceiveResult result;
        do
        {
            result = await client.ReceiveAsync(buffer, default).Soon();
            data.Write(buffer, 0, result.Count);
        }
        while (!result.EndOfMessage);
        return (result.MessageType, data.ToArray());
    }
}
