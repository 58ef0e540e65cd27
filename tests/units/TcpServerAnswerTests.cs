using System.Net.Security;
using System.Text;
using PSNetLab.Engine.Dialogue;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Engine.Tests;

/// <summary>What a server says first, and how fast and how late it answers.</summary>
public class TcpServerAnswerTests
{
    private static readonly byte[] s_hello = "hello"u8.ToArray();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_is_greeted_before_it_says_anything(bool tls)
    {
        await using TestServer server = new(new()
        {
            Greeting = [s_hello, "there"u8.ToArray()],
            Echo = true,
            Framing = DelimiterFraming.CrLf,
            Tls = tls ? Certificates.Tls : null,
        });
        using Peer peer = await server.ConnectAsync();
        Stream stream = peer.Stream;
        if (tls)
        {
            SslStream secured = new(stream);
            await secured.AuthenticateAsClientAsync(Certificates.ClientOptions).Soon();
            stream = secured;
        }

        await using (stream)
        {
            byte[] greeting = new byte[14];
            await stream.ReadExactlyAsync(greeting).Soon();
            Assert.Equal("hello\r\nthere\r\n", Encoding.ASCII.GetString(greeting));
            await stream.WriteAsync("a\nb\r\n"u8.ToArray()).Soon();
            byte[] answer = new byte[6];
            await stream.ReadExactlyAsync(answer).Soon();
            Assert.Equal("a\r\nb\r\n", Encoding.ASCII.GetString(answer));
        }
    }

    [Fact]
    public async Task What_an_opening_makes_is_sent_before_the_greeting_and_nothing_is_read_meanwhile()
    {
        TaskCompletionSource go = new();
        async Task Open(TcpConnection connection, TcpMessage? message, Func<byte[], ValueTask> send, CancellationToken stopping)
        {
            await go.Task;
            await send(Encoding.ASCII.GetBytes($"{connection.MessagesReceived}"));
        }

        await using TestServer server = new(new()
        {
            Opening = Open,
            Greeting = [s_hello],
            Replies = ["ok"u8.ToArray()],
            Framing = DelimiterFraming.Line,
        });
        using Peer peer = await server.ConnectAsync();
        await peer.SendAsync("early\n");
        go.SetResult();

        Assert.Equal("0\nhello\nok\n", await peer.ReadTextAsync("0\nhello\nok\n"));
    }

    [Fact]
    public async Task An_opening_may_close_its_connection()
    {
        static async Task Open(TcpConnection connection, TcpMessage? message, Func<byte[], ValueTask> send, CancellationToken stopping)
        {
            await send("bye"u8.ToArray());
            connection.Close(TcpCloseReason.LocalClosed);
            await connection.Ended;
        }

        TaskCompletionSource<TcpConnection> closed = new();
        await using TestServer server = new(new()
        {
            Opening = Open,
            Greeting = [s_hello],
            Closed = connection => Task.FromResult(closed.TrySetResult(connection)),
        });
        using Peer peer = await server.ConnectAsync();

        Assert.Equal("bye"u8.ToArray(), await peer.ReadToEndAsync());
        peer.Dispose();
        Assert.Equal(TcpCloseReason.LocalClosed, (await closed.Task.Soon()).CloseReason);
        Assert.Empty(server.Observer.FaultsLeft());
    }

    [Theory]
    [InlineData("echo")]
    [InlineData("reply")]
    [InlineData("script")]
    [InlineData("greeting")]
    public async Task An_answer_comes_in_drips(string how)
    {
        byte[] answer = Encoding.ASCII.GetBytes(new string('x', 100));
        ManualClock clock = new();
        await using TestServer server = new(new()
        {
            Echo = how == "echo",
            Replies = how == "reply" ? [answer] : [],
            Greeting = how == "greeting" ? [answer] : [],
            Handler = how == "script" ? Answers.OfTcp(_ => ValueTask.FromResult<IReadOnlyList<byte[]>>([answer])) : null,
            BytesPerSecond = 200,
            MessageTimeout = TimeSpan.Zero,
            Clock = clock,
        });
        using Peer peer = await server.ConnectAsync();
        if (how != "greeting")
        {
            await peer.SendAsync(answer);
        }

        int received = 0;
        int waits = 0;
        byte[] buffer = new byte[200];
        for (int pieces = 1; received < 100; pieces++)
        {
            received += await peer.Stream.ReadAsync(buffer).AsTask().Soon();
            Assert.True(received <= 10 * (pieces + 1), $"{received} bytes after {pieces} pieces.");
            await Waiting.Until(() => clock.Started > waits || received == 100);
            waits = clock.Started;
            clock.Advance(TimeSpan.FromMilliseconds(50));
        }
    }

    [Fact]
    public async Task A_slow_answer_ends_with_its_connection()
    {
        await using TestServer server = new(new() { Replies = [new byte[1000]], BytesPerSecond = 1, Clock = new ManualClock() });
        using Peer peer = await server.ConnectAsync();
        await peer.SendAsync("x");
        await peer.ReadAsync(1);
        server.Server.TcpConnections().Single().Close(TcpCloseReason.LocalReset);

        Assert.Empty(await peer.ReadToEndAsync());
        Assert.Equal(TcpCloseReason.LocalReset, (await server.Observer.ClosedAsync()).CloseReason);
    }

    [Fact]
    public async Task Each_answer_is_late_and_in_order_and_keeps_no_thread()
    {
        ManualClock clock = new();
        await using TestServer server = new(new()
        {
            Echo = true,
            Framing = DelimiterFraming.Line,
            Delay = new DelayRange(1000, 1000),
            MessageTimeout = TimeSpan.Zero,
            Clock = clock,
        });
        Peer[] peers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => server.ConnectAsync()));
        foreach (Peer peer in peers)
        {
            await peer.SendAsync("1\n2\n");
        }

        foreach (string expected in new[] { "1\n", "2\n" })
        {
            await Waiting.Until(() => clock.Timers == peers.Length);
            Assert.All(peers, peer => Assert.Equal(0, peer.Socket.Available));
            clock.Advance(TimeSpan.FromSeconds(1));
            foreach (Peer peer in peers)
            {
                Assert.Equal(expected, await peer.ReadTextAsync(expected));
            }
        }

        Array.ForEach(peers, peer => peer.Dispose());
    }

    [Fact]
    public async Task A_server_that_is_stopped_does_not_wait_for_late_answers()
    {
        await using TestServer server = new(new() { Echo = true, Delay = new DelayRange(600_000, 600_000) });
        using Peer peer = await server.ConnectAsync();
        await peer.SendAsync("x");
        await server.MessageAsync();
        server.Server.Stop();

        await server.Server.Completion.Soon();
    }

    [Theory]
    [InlineData("200", 200, 200)]
    [InlineData("100-300", 100, 300)]
    [InlineData(" 5 - 5 ", 5, 5)]
    [InlineData("0-2147483647", 0, int.MaxValue)]
    public void A_delay_is_a_number_or_a_range(string text, int least, int most)
    {
        DelayRange? delay = DelayRange.TryParse(text);
        Assert.Equal(new DelayRange(least, most), delay);
        Assert.InRange(delay!.Value.Next().TotalMilliseconds, least, most);
    }

    [Theory]
    [InlineData("")]
    [InlineData("soon")]
    [InlineData("-1")]
    [InlineData("300-100")]
    [InlineData("1-2-3")]
    public void What_is_no_delay_is_refused(string text) => Assert.Null(DelayRange.TryParse(text));

    [Fact]
    public async Task A_dialogue_is_carried_out_over_tcp()
    {
        await using TestServer server = new(Dialogue("220 ready", "HELO *", "250 hi", "!wait 1", "S: more", "QUIT", "221 bye"));
        using Peer peer = await server.ConnectAsync();
        Assert.Equal("220 ready\r\n", await peer.ReadTextAsync("220 ready\r\n"));
        await peer.SendAsync("HELO me\r\nQUIT\r\n");
        Assert.Equal("250 hi\r\nmore\r\n221 bye\r\n", Encoding.ASCII.GetString(await peer.ReadToEndAsync()));
        peer.Dispose();
        Assert.Equal(TcpCloseReason.LocalClosed, (await server.Observer.ClosedAsync()).CloseReason);
        Assert.Empty(server.Observer.FaultsLeft());
        Assert.Equal(4, server.Server.Totals.MessagesSent);
    }

    [Fact]
    public async Task Each_connection_has_a_dialogue_of_its_own()
    {
        await using TestServer server = new(Dialogue("C: a", "S: 1", "C: b", "S: 2", "!stall"));
        using Peer first = await server.ConnectAsync();
        using Peer second = await server.ConnectAsync();
        await first.SendAsync("a\n");
        Assert.Equal("1\r\n", await first.ReadTextAsync("1\r\n"));
        await second.SendAsync("a\n");
        await first.SendAsync("b\n");
        Assert.Equal("2\r\n", await first.ReadTextAsync("2\r\n"));
        Assert.Equal("1\r\n", await second.ReadTextAsync("1\r\n"));
    }

    [Fact]
    public async Task What_is_unexpected_is_reported_and_a_reset_is_one()
    {
        await using TestServer server = new(Dialogue("C: a", "!reset"));
        using Peer wrong = await server.ConnectAsync();
        await wrong.SendAsync("b\n");
        Assert.Empty(await wrong.ReadToEndAsync());
        Assert.Equal(FaultKind.DialogueUnexpected, (await server.Observer.FaultAsync()).Fault.Kind);
        wrong.Dispose();
        Assert.Equal(TcpCloseReason.LocalClosed, (await server.Observer.ClosedAsync()).CloseReason);

        using Peer right = await server.ConnectAsync();
        await right.SendAsync("a\n");
        Assert.Empty(await right.ReadToEndAsync());
        Assert.Equal(TcpCloseReason.LocalReset, (await server.Observer.ClosedAsync()).CloseReason);
    }

    [Fact]
    public async Task A_dialogue_that_never_ends_does_not_keep_a_server_from_stopping()
    {
        await using TestServer server = new(Dialogue("!mark", "S: tick", "!wait 5", "!loop"));
        using Peer peer = await server.ConnectAsync();
        await peer.ReadTextAsync("tick\r\ntick\r\n");
        server.Server.Stop();

        await server.Server.Completion.Soon();
    }

    [Fact]
    public async Task A_message_is_recorded_when_its_dialogue_has_gone_on()
    {
        await using TestServer server = new(Dialogue("C: a", "C: b"));
        using Peer peer = await server.ConnectAsync();
        await server.Observer.OpenedAsync();
        TcpSession session = (TcpSession)server.Server.Connections.Single();
        await peer.SendAsync("a\nb\n");
        await server.MessagesAsync(2);
        Assert.Equal(2, session.Dialogue!.Step);
    }

    private static TcpServerOptions Dialogue(params string[] steps) => new()
    {
        Framing = DelimiterFraming.CrLf,
        Dialogue = DialogueProgram.Compile(
            [.. steps.Select(step => DialogueText.Parse(step, Encoding.UTF8))], [new ActStep(DialogueAct.Close, 0)], Encoding.UTF8),
    };
}
