using System.Net;
using System.Net.Sockets;
using System.Text;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Udp;

namespace PSNetLab.Engine.Tests;

public class UdpSenderTests
{
    [Fact]
    public async Task It_sends_counts_and_gets_answers()
    {
        UdpServer server = UdpServer.Bind(new() { Echo = true }).Started();
        Mailbox<UdpMessage> replies = new(1000, WhenFull.Drop);
        using (UdpSender sender = UdpSender.Open(new() { Remote = server.LocalEndPoint, Replies = replies }))
        {
            for (int i = 0; i < 100; i++)
            {
                await sender.SendAsync(Encoding.UTF8.GetBytes($"{i}"), CancellationToken.None);
            }

            List<UdpMessage> answers = await replies.TakeAsync(100);
            Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), answers.Select(answer => answer.Text));
            Assert.Equal(Enumerable.Range(1, 100).Select(i => (long)i), answers.Select(answer => answer.Sequence));
            Assert.All(answers, answer => Assert.Equal((server.LocalEndPoint, sender.LocalEndPoint), (answer.Remote, answer.Local)));
            Assert.Equal(100, sender.MessagesSent);
            Assert.Equal(190, sender.BytesSent);
            Assert.Equal(100, sender.RepliesReceived);
            Assert.Null(sender.Fault);
            Assert.Equal(IPAddress.Loopback, sender.LocalEndPoint.Address);

            UdpMessage sent = sender.NewSentMessage("last"u8.ToArray());
            Assert.Equal((sender.LocalEndPoint, server.LocalEndPoint, 100, "last"), (sent.Local, sent.Remote, sent.Sequence, sent.Text));
        }

        await replies.WaitForDataAsync(CancellationToken.None).Soon();
        Assert.True(replies.IsCompleted);
        await EndAsync(server);
    }

    [Fact]
    public async Task A_refusal_ends_the_wait_for_answers_of_a_single_host()
    {
        Mailbox<UdpMessage> replies = new(10, WhenFull.Drop);
        using UdpClient deaf = Datagrams.NewDeaf();
        using UdpSender sender = UdpSender.Open(new() { Remote = new(IPAddress.Loopback, deaf.Port()), Replies = replies });
        await sender.SendAsync("anybody?"u8.ToArray(), CancellationToken.None);

        await replies.WaitForDataAsync(CancellationToken.None).Soon();

        Assert.True(replies.IsCompleted);
        Assert.Equal(FaultKind.ConnectionRefused, sender.Fault?.Kind);
        Assert.Contains($"{sender.NewSentMessage([]).Remote}", sender.Fault!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task However_often_it_is_refused_sending_goes_on(bool receives)
    {
        using UdpClient late = Datagrams.NewDeaf();
        using UdpSender sender = UdpSender.Open(new()
        {
            Remote = new(IPAddress.Loopback, late.Port()),
            Replies = receives ? new Mailbox<UdpMessage>(10, WhenFull.Drop) : null,
        });
        for (int i = 0; i < 2000; i++)
        {
            await sender.SendAsync("x"u8.ToArray(), CancellationToken.None);
        }

        Assert.Equal(2000, sender.MessagesSent);
        Assert.Equal(FaultKind.ConnectionRefused, sender.Fault?.Kind);

        late.Hear(sender.LocalEndPoint);
        await sender.SendAsync("found"u8.ToArray(), CancellationToken.None);
        Assert.Equal("found", await late.NextTextAsync());
    }

    [LinuxFact]
    public async Task A_broadcast_is_answered_by_all_and_a_refusal_by_one_ends_nothing()
    {
        UdpServer first = UdpServer.Bind(Sharing(0, "first")).Started();
        UdpServer second = UdpServer.Bind(Sharing(first.LocalEndPoint.Port, "second")).Started();
        Mailbox<UdpMessage> replies = new(10, WhenFull.Drop);
        using UdpSender sender = UdpSender.Open(new()
        {
            Remote = new(IPAddress.Parse("127.255.255.255"), first.LocalEndPoint.Port),
            Broadcast = true,
            Replies = replies,
        });
        for (int round = 0; round < 3; round++)
        {
            await sender.SendAsync("who?"u8.ToArray(), CancellationToken.None);
            List<UdpMessage> answers = await replies.TakeAsync(2);
            Assert.Equal(["first", "second"], answers.Select(answer => answer.Text).Order());
            Assert.All(answers, answer => Assert.Equal("lo", answer.Interface));
        }

        Assert.False(replies.IsCompleted);
        Assert.Null(sender.Fault);
        await EndAsync(first);
        await EndAsync(second);
    }

    [LinuxFact]
    public async Task A_group_is_reached_by_the_interface_with_the_hops_it_may_go()
    {
        NetworkCard lo = NetworkCard.Find("lo");
        IPAddress group = IPAddress.Parse("239.77.8.1");
        UdpServer server = UdpServer.Bind(new()
        {
            Echo = true,
            Binding = new() { EndPoint = new(IPAddress.Any, 0), MulticastGroups = [group], Interface = lo },
        }).Started();
        foreach (int? hops in new int?[] { null, 0, 1, 255 })
        {
            Mailbox<UdpMessage> replies = new(10, WhenFull.Drop);
            using UdpSender sender = UdpSender.Open(
                new() { Remote = new(group, server.LocalEndPoint.Port), Interface = lo, TimeToLive = hops, Replies = replies });
            await sender.SendAsync(Encoding.UTF8.GetBytes($"{hops}"), CancellationToken.None);
            Assert.Equal($"{hops}", Assert.Single(await replies.TakeAsync(1)).Text);
        }

        await EndAsync(server);
    }

    [Theory]
    [InlineData("127.0.0.1", 65507)]
    [InlineData("::1", 65527)]
    public async Task What_no_datagram_can_carry_is_told_with_the_limit(string address, int most)
    {
        if (address == "::1" && !Socket.OSSupportsIPv6)
        {
            return;
        }

        using UdpClient peer = new(new IPEndPoint(IPAddress.Parse(address), 0));
        using UdpSender sender = UdpSender.Open(new() { Remote = (IPEndPoint)peer.Client.LocalEndPoint! });
        NetLabException fault = await Assert.ThrowsAsync<NetLabException>(
            () => sender.SendAsync(new byte[most + 1], CancellationToken.None).AsTask());
        Assert.Equal(FaultKind.MessageTooLong, fault.Kind);
        Assert.Contains($"{most + 1} bytes", fault.Message, StringComparison.Ordinal);
        Assert.Contains($"{most} ", fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, sender.MessagesSent);

        await sender.SendAsync(new byte[most], CancellationToken.None);
        Assert.Equal(most, (await peer.NextAsync()).Length);
    }

    [LinuxFact]
    public void It_knows_what_goes_to_the_peer_in_one_piece()
    {
        // The MTU of loopback is 65,536 bytes with all headers; over IPv4 none counts as more than 65,535.
        using UdpSender four = UdpSender.Open(new() { Remote = new(IPAddress.Loopback, 9) });
        Assert.Equal(65535 - 28, four.UnfragmentedBytes);
        if (Socket.OSSupportsIPv6)
        {
            using UdpSender six = UdpSender.Open(new() { Remote = new(IPAddress.IPv6Loopback, 9) });
            Assert.Equal(65536 - 48, six.UnfragmentedBytes);
        }
    }

    [LinuxFact]
    public void A_broadcast_address_needs_to_be_asked_for()
    {
        NetLabException fault = Assert.Throws<NetLabException>(
            () => UdpSender.Open(new() { Remote = new(IPAddress.Parse("127.255.255.255"), 9) }));
        Assert.Equal(FaultKind.BroadcastNotPermitted, fault.Kind);
        Assert.Contains("127.255.255.255:9", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Send-Broadcast", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_local_port_in_use_is_told()
    {
        using UdpClient holder = Datagrams.NewPeer();
        IPEndPoint held = (IPEndPoint)holder.Client.LocalEndPoint!;
        NetLabException fault = Assert.Throws<NetLabException>(
            () => UdpSender.Open(new() { Remote = new(IPAddress.Loopback, 9), Local = held }));
        Assert.Equal(FaultKind.PortInUse, fault.Kind);
        Assert.Contains("-LocalPort", fault.Message, StringComparison.Ordinal);
    }

    private static UdpServerOptions Sharing(int port, string reply) => new()
    {
        Replies = [Encoding.UTF8.GetBytes(reply)],
        Binding = new() { EndPoint = new(IPAddress.Any, port), ReuseAddress = true, Broadcast = true },
    };

    private static async Task EndAsync(UdpServer server)
    {
        server.Stop();
        await server.Completion.Soon();
    }
}
