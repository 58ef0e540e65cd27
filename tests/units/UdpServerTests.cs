using System.Net;
using System.Net.Sockets;
using System.Text;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

public class UdpServerTests
{
    [Fact]
    public async Task Echo_sends_every_datagram_back()
    {
        await using TestUdpServer server = new(new() { Echo = true });
        using UdpClient peer = Datagrams.NewPeer(server.EndPoint);
        foreach (string text in new[] { "one", string.Empty, new string('x', 65507) })
        {
            await peer.SendTextAsync(text);
            Assert.Equal(text, await peer.NextTextAsync());
        }

        Assert.Equal(3, server.Server.MessagesReceived);
        Assert.Equal(65510, server.Server.BytesReceived);
        await Waiting.Until(() => server.Server.MessagesSent == 3 && server.Server.BytesSent == 65510);
        Assert.Equal(["one", string.Empty], (await server.MessagesAsync(3)).Take(2).Select(message => message.Text));
    }

    [Fact]
    public async Task Every_datagram_gets_all_the_replies_in_order()
    {
        await using TestUdpServer server = new(new() { Replies = ["来"u8.ToArray(), [], [0, 255]] });
        using UdpClient peer = Datagrams.NewPeer(server.EndPoint);
        await peer.SendTextAsync("x");

        Assert.Equal("来"u8.ToArray(), await peer.NextAsync());
        Assert.Empty(await peer.NextAsync());
        Assert.Equal([0, 255], await peer.NextAsync());
    }

    [Fact]
    public async Task A_message_tells_where_it_is_from_and_how_it_came()
    {
        await using TestUdpServer server = new(new() { BufferBytes = 4, Binding = new() { EndPoint = new(IPAddress.Any, 0) } });
        using UdpClient peer = Datagrams.NewPeer(new IPEndPoint(IPAddress.Loopback, server.EndPoint.Port));
        await peer.SendTextAsync("né!");
        await peer.SendAsync(new byte[] { (byte)'a', 0xFF, (byte)'b', (byte)'c', (byte)'d', (byte)'e' }).Soon();

        List<UdpMessage> messages = await server.MessagesAsync(2);

        Assert.Equal(["né!", "a\uFFFDbc"], messages.Select(message => message.Text));
        Assert.Equal([4, 4], messages.Select(message => message.Length));
        Assert.Equal([1L, 2L], messages.Select(message => message.Sequence));
        Assert.Equal([false, true], messages.Select(message => message.Truncated));
        Assert.Equal(EpollDatagramTransport.IsSupported ? [0, 2] : [0, null], messages.Select(message => message.LostBytes));
        Assert.All(messages, message =>
        {
            Assert.Equal(peer.Client.LocalEndPoint, message.Remote);
            Assert.Equal(new IPEndPoint(IPAddress.Loopback, server.EndPoint.Port), message.Local);
            Assert.Equal(NetworkCard.Up.First(card => card.IsLoopback).Alias, message.Interface);
            Assert.InRange(DateTime.Now - message.Moment, TimeSpan.Zero, Waiting.Limit);
        });
    }

    [Theory]
    [InlineData("0.0.0.0", "127.0.0.5", "127.0.0.5")]
    [InlineData("0.0.0.0", "127.255.255.255", "127.0.0.1")]
    [InlineData("::", "127.0.0.5", "127.0.0.5")]
    [InlineData("::", "127.255.255.255", "127.0.0.1")]
    [InlineData("::", "::1", "::1")]
    public async Task It_answers_from_the_address_that_was_asked_if_it_is_its_own(string bound, string asked, string answering)
    {
        if (!EpollDatagramTransport.IsSupported || (bound == "::" && !Socket.OSSupportsIPv6))
        {
            return;
        }

        await using TestUdpServer server = new(new() { Echo = true, Binding = new() { EndPoint = new(IPAddress.Parse(bound), 0) } });
        IPEndPoint to = new(IPAddress.Parse(asked), server.EndPoint.Port);
        using UdpClient peer = new(to.AddressFamily) { EnableBroadcast = to.AddressFamily == AddressFamily.InterNetwork };
        await peer.SendAsync("x"u8.ToArray(), to).Soon();

        Assert.Equal(new IPEndPoint(IPAddress.Parse(answering), to.Port), (await peer.ReceiveAsync().Soon()).RemoteEndPoint);
        Assert.Equal(to, Assert.Single(await server.MessagesAsync(1)).Local);
        Assert.Empty(server.Faults);
    }

    [Fact]
    public async Task A_handler_answers_in_order_one_datagram_at_a_time()
    {
        int running = 0;
        bool overlapped = false;
        async ValueTask<IReadOnlyList<byte[]>> Handle(UdpMessage message)
        {
            overlapped |= Interlocked.Increment(ref running) > 1;
            await Task.Yield();
            Interlocked.Decrement(ref running);
            return message.Sequence % 3 == 0 ? [] : [message.Bytes, "+"u8.ToArray()];
        }

        await using TestUdpServer server = new(new() { Handler = Answers.Of<UdpMessage>(Handle) });
        using UdpClient peer = Datagrams.NewPeer(server.EndPoint);
        for (int i = 1; i <= 120; i++)
        {
            await peer.SendTextAsync($"{i}");
        }

        List<string> answers = [];
        while (answers.Count < 160)
        {
            answers.Add(await peer.NextTextAsync());
        }

        Assert.Equal(Enumerable.Range(1, 120).Where(i => i % 3 != 0).SelectMany(i => new[] { $"{i}", "+" }), answers);
        Assert.False(overlapped);
    }

    [Fact]
    public async Task A_hundred_senders_at_once_get_their_own_answers()
    {
        await using TestUdpServer server = new(new() { Echo = true });
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async number =>
        {
            using UdpClient peer = Datagrams.NewPeer(server.EndPoint);
            for (int round = 0; round < 20; round++)
            {
                await peer.SendTextAsync($"{number}:{round}");
                Assert.Equal($"{number}:{round}", await peer.NextTextAsync());
            }
        })).Soon();

        Assert.Equal(2000, server.Server.MessagesSent);
        List<UdpMessage> messages = await server.MessagesAsync(2000);
        Assert.Equal(Enumerable.Range(1, 2000).Select(i => (long)i), messages.Select(message => message.Sequence));
        Assert.Empty(server.Faults);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::")]
    public async Task Who_is_not_allowed_is_counted_and_not_answered(string bound)
    {
        if (bound == "::" && !Socket.OSSupportsIPv6)
        {
            return;
        }

        await using TestUdpServer server = new(new()
        {
            Echo = true,
            Filter = new AddressFilter(["127.0.0.1"], null),
            Binding = new() { EndPoint = new(IPAddress.Parse(bound), 0) },
        });
        IPEndPoint to = new(IPAddress.Loopback, server.EndPoint.Port);
        using UdpClient good = Datagrams.NewPeer(to);
        if (OperatingSystem.IsLinux())
        {
            using UdpClient bad = Datagrams.NewPeer(to, from: IPAddress.Parse("127.0.0.2"));
            await bad.SendTextAsync("let me in");
            await Waiting.Until(() => server.Server.Refused == 1);
        }

        await good.SendTextAsync("me");
        Assert.Equal("me", await good.NextTextAsync());
        Assert.Equal(1, server.Server.MessagesReceived);
        Assert.Equal("me", Assert.Single(await server.MessagesAsync(1)).Text);
    }

    [Fact]
    public async Task An_answer_that_cannot_be_sent_is_a_fault_and_the_server_goes_on()
    {
        static ValueTask<IReadOnlyList<byte[]>> Handle(UdpMessage message)
            => new([message.Text == "bad" ? new byte[70_000] : message.Bytes]);

        await using TestUdpServer server = new(new() { Handler = Answers.Of<UdpMessage>(Handle) });
        using UdpClient peer = Datagrams.NewPeer(server.EndPoint);
        await peer.SendTextAsync("bad");
        await peer.SendTextAsync("good");

        Assert.Equal("good", await peer.NextTextAsync());
        (NetLabException fault, EndPoint target) = Assert.Single(server.Faults);
        Assert.Equal(FaultKind.MessageTooLong, fault.Kind);
        Assert.Contains("70000 bytes", fault.Message, StringComparison.Ordinal);
        Assert.Equal(peer.Client.LocalEndPoint, target);
    }

    [Fact]
    public async Task A_peer_that_is_gone_before_its_answer_does_not_end_the_server()
    {
        TaskCompletionSource gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
        async ValueTask<IReadOnlyList<byte[]>> Handle(UdpMessage message)
        {
            await gone.Task;
            return [message.Bytes];
        }

        await using TestUdpServer server = new(new() { Handler = Answers.Of<UdpMessage>(Handle) });
        for (int i = 0; i < 20; i++)
        {
            using UdpClient leaving = Datagrams.NewPeer(server.EndPoint);
            await leaving.SendTextAsync("bye");
        }

        gone.SetResult();
        using UdpClient peer = Datagrams.NewPeer(server.EndPoint);
        await peer.SendTextAsync("still there?");
        Assert.Equal("still there?", await peer.NextTextAsync());
        Assert.Empty(server.Faults);
        Assert.False(server.Server.Completion.IsCompleted);
    }

    [LinuxFact]
    public async Task What_the_system_dropped_is_counted_to_the_last_one_also_after_the_end()
    {
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestUdpServer server = new(new()
        {
            Binding = new() { ReceiveBufferBytes = 4096 },
            Handler = Answers.Of<UdpMessage>(async _ =>
            {
                await release.Task;
                return [];
            }),
        });
        using UdpClient peer = Datagrams.NewPeer(server.EndPoint);
        int sent = 0;
        await Waiting.Until(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                peer.Client.Send(Encoding.UTF8.GetBytes($"{sent++}"));
            }

            return server.Server.KernelDrops > 500;
        });

        // What was sent last may still be on its way, to the server or to nowhere.
        release.SetResult();
        await Waiting.Until(() => server.Server.MessagesReceived + server.Server.KernelDrops == sent);
        long lost = server.Server.KernelDrops!.Value;
        Assert.InRange(lost, 500, sent - 1);
        Assert.Equal(sent - lost, (await server.MessagesAsync((int)(sent - lost))).Count);
        server.Server.Stop();
        await server.Server.Completion.Soon();
        Assert.Equal(lost, server.Server.KernelDrops);
    }
}
