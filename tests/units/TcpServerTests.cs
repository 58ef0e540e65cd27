using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Servers;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Engine.Tests;

public class TcpServerTests
{
    private static readonly MessageFraming s_length32 = FramingParser.Parse("Length32");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Echo_sends_everything_back(bool tls)
    {
        await using TestServer server = new(new() { Echo = true, Tls = tls ? Certificates.Tls : null });
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
            byte[] data = new byte[2_000_000];
            new Random(1).NextBytes(data);
            Task sending = stream.WriteAsync(data).Soon();
            byte[] back = new byte[data.Length];
            await stream.ReadExactlyAsync(back).Soon();
            await sending;
            Assert.Equal(data, back);
        }

        TcpConnection closed = await server.Observer.ClosedAsync();
        Assert.Equal(TcpCloseReason.PeerClosed, closed.CloseReason);
        Assert.Equal(tls, closed.Tls is not null);
        Assert.Equal(2_000_000, server.Server.Totals.BytesReceived);
        Assert.Equal(2_000_000, server.Server.Totals.BytesSent);
        Assert.Empty(server.Observer.FaultsLeft());
    }

    [Theory]
    [InlineData("Line", "one\ntwo\n\n", "one\ntwo\n\n")]
    [InlineData("Line", "one\r\n", "one\n")]
    [InlineData("Length8", "\u0001a\u0002bc\0", "\u0001a\u0002bc\0")]
    [InlineData("Delimiter:0D0A", "a\rb\r\n", "a\rb\r\n")]
    public async Task Echo_frames_its_answers(string framing, string sent, string expected)
    {
        await using TestServer server = new(new() { Echo = true, Framing = FramingParser.Parse(framing) });
        using Peer peer = await server.ConnectAsync();

        await peer.SendAsync(sent);

        Assert.Equal(expected, await peer.ReadTextAsync(expected));
    }

    [Fact]
    public async Task Every_message_gets_the_reply()
    {
        await using TestServer server = new(new() { Replies = ["来"u8.ToArray()], Framing = DelimiterFraming.Line });
        using Peer peer = await server.ConnectAsync();

        await peer.SendAsync("a\nb\nc\n");

        Assert.Equal("来\n来\n来\n", await peer.ReadTextAsync("来\n来\n来\n"));
        Assert.Equal(["a", "b", "c"], (await server.MessagesAsync(3)).Select(message => message.Text));
        Assert.Equal(3, server.Server.Totals.MessagesReceived);
        await Waiting.Until(() => server.Server.Totals.MessagesSent == 3);
    }

    [Fact]
    public async Task Several_replies_come_each_in_its_frame_after_the_echo()
    {
        await using TestServer server = new(
            new() { Echo = true, Replies = ["a"u8.ToArray(), [], "b"u8.ToArray()], Framing = DelimiterFraming.Line });
        using Peer peer = await server.ConnectAsync();

        await peer.SendAsync("1\n2\n");

        Assert.Equal("1\na\n\nb\n2\na\n\nb\n", await peer.ReadTextAsync("1\na\n\nb\n2\na\n\nb\n"));
        await Waiting.Until(() => server.Server.Totals.MessagesSent == 8);
    }

    [Fact]
    public async Task A_message_tells_where_it_is_from_and_how_it_came()
    {
        await using TestServer server = new(new() { Framing = DelimiterFraming.Line });
        using Peer peer = await server.ConnectAsync();
        TcpConnection connection = await server.Observer.OpenedAsync();

        await peer.SendAsync("né");
        await Waiting.Until(() => connection.BytesReceived == 3);
        await peer.SendAsync("!\nnext\n");

        List<TcpMessage> messages = await server.MessagesAsync(2);
        Assert.Equal(["né!", "next"], messages.Select(message => message.Text));
        Assert.Equal([4, 4], messages.Select(message => message.Length));
        Assert.Equal([2, 1], messages.Select(message => message.Reads));
        Assert.Equal([1L, 2L], messages.Select(message => message.Sequence));
        Assert.All(messages, message =>
        {
            Assert.Equal(connection.Id, message.ConnectionId);
            Assert.Equal(peer.Socket.LocalEndPoint, message.Remote);
            Assert.Equal(server.EndPoint, message.Local);
            Assert.False(message.Truncated);
        });
    }

    [Fact]
    public async Task Text_that_is_not_valid_shows_as_replacement_characters()
    {
        await using TestServer server = new(new() { Framing = DelimiterFraming.Line });
        using Peer peer = await server.ConnectAsync();

        await peer.SendAsync([(byte)'a', 0xFF, (byte)'\n']);

        TcpMessage message = await server.MessageAsync();
        Assert.Equal("a\uFFFD", message.Text);
        Assert.Equal([(byte)'a', 0xFF], message.Bytes);
    }

    [Fact]
    public async Task A_handler_answers_in_order_one_message_at_a_time()
    {
        ConcurrentDictionary<int, int> running = new();
        bool overlapped = false;
        async ValueTask<IReadOnlyList<byte[]>> Handle(TcpMessage message)
        {
            overlapped |= running.AddOrUpdate(message.ConnectionId, 1, (_, count) => count + 1) > 1;
            for (int i = message.Bytes[^1] % 5; i > 0; i--)
            {
                await Task.Yield();
            }

            running.AddOrUpdate(message.ConnectionId, 0, (_, count) => count - 1);
            return message.Length % 3 == 0 ? [] : [message.Bytes, "+"u8.ToArray()];
        }

        await using TestServer server = new(new() { Framing = DelimiterFraming.Line, Handler = Answers.OfTcp(Handle) });
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async client =>
        {
            using Peer peer = await server.ConnectAsync();
            string[] lines = [.. Enumerable.Range(0, 2000).Select(i => $"{client}:{i}")];
            string expected = string.Concat(lines.Where(line => line.Length % 3 != 0).Select(line => line + "\n+\n"));
            Task sending = peer.SendAsync(string.Concat(lines.Select(line => line + "\n")));
            Assert.Equal(expected, await peer.ReadTextAsync(expected));
            await sending;
        })).Soon();

        Assert.False(overlapped);
    }

    [Fact]
    public async Task A_handler_at_work_for_one_connection_does_not_hold_up_another()
    {
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        async ValueTask<IReadOnlyList<byte[]>> Handle(TcpMessage message)
        {
            if (message.Text == "slow")
            {
                await release.Task;
            }

            return [message.Bytes];
        }

        await using TestServer server = new(new() { Framing = DelimiterFraming.Line, Handler = Answers.OfTcp(Handle) });
        using Peer slow = await server.ConnectAsync();
        using Peer quick = await server.ConnectAsync();
        await slow.SendAsync("slow\nafter\n");
        await server.MessageAsync();

        await quick.SendAsync("quick\n");
        Assert.Equal("quick\n", await quick.ReadTextAsync("quick\n"));

        release.SetResult();
        Assert.Equal("slow\nafter\n", await slow.ReadTextAsync("slow\nafter\n"));
    }

    [Fact]
    public async Task A_full_sink_holds_the_sender_back_and_then_everything_arrives_in_order()
    {
        const int Limit = 10;
        const int Messages = 2000;
        const int Length = 16_000;
        await using TestServer server = new(new() { Framing = s_length32 }, Limit);
        using Peer peer = await server.ConnectAsync();
        byte[][] messages = [.. Enumerable.Range(0, Messages).Select(i => Encoding.ASCII.GetBytes($"{i}".PadRight(Length)))];

        Task sending = peer.SendAsync(FramingRun.Encode(s_length32, messages));
        await Waiting.Until(() => server.Mailbox.Count == Limit);
        Assert.False(sending.IsCompleted);
        Assert.InRange(server.Server.Totals.MessagesReceived, Limit, Limit + 1);
        Assert.InRange(server.Server.Totals.BytesReceived, Limit * Length, (Limit * Length) + (2 * ReceiveBuffer.LentBytes));

        for (int i = 0; i < Messages; i++)
        {
            Assert.True(server.Mailbox.Count <= Limit);
            Assert.Equal($"{i}", (await server.MessageAsync()).Text.TrimEnd());
        }

        await sending;
        Assert.Equal(0, server.Mailbox.Dropped);
    }

    [Fact]
    public async Task With_Drop_a_full_sink_goes_on_answering()
    {
        await using TestServer server = new(new() { Framing = DelimiterFraming.Line, Echo = true }, limit: 5, WhenFull.Drop);
        using Peer peer = await server.ConnectAsync();
        string lines = string.Concat(Enumerable.Range(0, 1000).Select(i => $"{i}\n"));

        await peer.SendAsync(lines);

        Assert.Equal(lines, await peer.ReadTextAsync(lines));
        Assert.Equal(5, server.Mailbox.Count);
        Assert.Equal(995, server.Mailbox.Dropped);
    }

    [Fact]
    public async Task Without_a_sink_a_server_answers_all_the_same()
    {
        TestObserver observer = new();
        StreamServer server = Starting.Bind(new TcpServerOptions { Echo = true }).Started(observer);
        using Peer peer = await Peer.ConnectAsync(server.LocalEndPoint);

        await peer.SendAsync("hi");

        Assert.Equal("hi", await peer.ReadTextAsync("hi"));
        server.Stop();
        await server.Completion.Soon();
    }

    [Fact]
    public async Task Two_hundred_clients_at_once_get_their_own_answers()
    {
        await using TestServer server = new(new() { Framing = s_length32, Echo = true });
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async client =>
        {
            using Peer peer = await server.ConnectAsync();
            Random random = new(client);
            for (int round = 0; round < 20; round++)
            {
                byte[] message = new byte[random.Next(0, 3000)];
                random.NextBytes(message);
                byte[] frame = FramingRun.Encode(s_length32, message);
                await peer.SendAsync(frame);
                Assert.Equal(frame, await peer.ReadAsync(frame.Length));
            }
        })).Soon();

        Assert.Equal(4000, server.Server.Totals.MessagesReceived);
        await Waiting.Until(() => server.Server.Totals.MessagesSent == 4000);
        Assert.Empty(server.Observer.FaultsLeft());
    }

    [Fact]
    public async Task A_server_on_IPv6_loopback()
    {
        if (!Socket.OSSupportsIPv6)
        {
            return;
        }

        await using TestServer server = new(new() { EndPoint = new IPEndPoint(IPAddress.IPv6Loopback, 0), Echo = true });
        using Peer peer = await server.ConnectAsync();
        await peer.SendAsync("six");
        Assert.Equal("six", await peer.ReadTextAsync("six"));
    }
}
