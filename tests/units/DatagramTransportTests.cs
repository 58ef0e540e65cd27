using System.Net;
using System.Net.Sockets;
using System.Text;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

public class DatagramTransportTests
{
    public static TheoryData<DatagramKind> Kinds => new(Datagrams.Kinds);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Echo_of_datagrams_of_any_length(DatagramKind kind)
    {
        using DatagramTransport transport = Datagrams.Open(kind);
        Task echoing = transport.EchoAsync();
        using UdpClient peer = Datagrams.NewPeer(transport.EndPoint());
        Random random = new(1);
        foreach (int length in (int[])[0, 1, 65507, .. Enumerable.Range(0, 100).Select(_ => random.Next(2, 65507))])
        {
            byte[] data = new byte[length];
            random.NextBytes(data);
            await peer.SendAsync(data).Soon();
            Assert.Equal(data, await peer.NextAsync());
        }

        transport.Interrupt();
        await echoing.Soon();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_burst_arrives_whole_and_in_order(DatagramKind kind)
    {
        // More than one batch, and no more than any system keeps waiting.
        const int Count = 200;
        using DatagramTransport transport = Datagrams.Open(kind);
        using UdpClient peer = Datagrams.NewPeer(transport.EndPoint());
        for (int i = 0; i < Count; i++)
        {
            await peer.SendTextAsync($"{i}");
        }

        List<ReceivedDatagram> all = await transport.ReceiveAsync(Count).Soon();

        Assert.Equal(Enumerable.Range(0, Count).Select(i => $"{i}"), all.Select(one => one.Text));
        Assert.All(all, one => Assert.Equal(peer.Client.LocalEndPoint, one.Peer.EndPoint));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task What_is_larger_than_the_buffer_is_cut_and_told(DatagramKind kind)
    {
        using DatagramTransport transport = Datagrams.Open(kind, bufferBytes: 100);
        using UdpClient peer = Datagrams.NewPeer(transport.EndPoint());
        int[] lengths = [0, 99, 100, 101, 65507, 3];
        foreach (int length in lengths)
        {
            await peer.SendTextAsync(new string('x', length));
        }

        List<ReceivedDatagram> all = await transport.ReceiveAsync(lengths.Length).Soon();

        Assert.Equal([0, 99, 100, 100, 100, 3], all.Select(one => one.Data.Length));
        Assert.Equal([false, false, false, true, true, false], all.Select(one => one.Truncated));
        Assert.Equal(
            kind == DatagramKind.Epoll ? [0, 99, 100, 101, 65507, 3] : [0, 99, 100, -1, -1, 3], all.Select(one => one.FullLength));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task More_peers_than_are_remembered_are_each_answered(DatagramKind kind)
    {
        if (!EpollDatagramTransport.IsSupported)
        {
            return;
        }

        // One socket that sends from all of 127.1.0.0/16 stands for as many senders.
        const int Peers = 5000;
        using DatagramTransport transport = Datagrams.Open(kind);
        using DatagramTransport crowd = Datagrams.Open(DatagramKind.Epoll, new IPEndPoint(IPAddress.Any, 0));
        DatagramPeer to = new(transport.EndPoint());
        Task echoing = transport.EchoAsync();
        for (int round = 0; round < 2; round++)
        {
            for (int first = 0; first < Peers; first += 100)
            {
                HashSet<string> asked = [];
                for (int i = first; i < first + 100; i++)
                {
                    string address = $"127.1.{i >> 8}.{i & 255}";
                    asked.Add(address);
                    Assert.True(crowd.TrySend(Encoding.ASCII.GetBytes(address), to, IPAddress.Parse(address)));
                }

                foreach (ReceivedDatagram answer in await crowd.ReceiveAsync(100).Soon())
                {
                    Assert.Equal($"{answer.Packet.Destination}", answer.Text);
                    Assert.True(asked.Remove(answer.Text));
                }
            }
        }

        transport.Interrupt();
        await echoing.Soon();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_socket_for_both_families_answers_peers_of_both(DatagramKind kind)
    {
        if (!Socket.OSSupportsIPv6)
        {
            return;
        }

        using DatagramTransport transport = Datagrams.Open(kind, new IPEndPoint(IPAddress.IPv6Any, 0));
        Task echoing = transport.EchoAsync();
        foreach (IPAddress address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            using UdpClient peer = Datagrams.NewPeer(new IPEndPoint(address, transport.EndPoint().Port));
            await peer.SendTextAsync("x");
            Assert.Equal("x", await peer.NextTextAsync());
        }

        transport.Interrupt();
        await echoing.Soon();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public Task On_all_IPv4_addresses_it_tells_the_one_that_was_asked(DatagramKind kind) => TellsTheAddressAsync(kind, IPAddress.Any);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task On_all_addresses_of_both_families_an_IPv4_datagram_looks_like_one(DatagramKind kind)
    {
        if (Socket.OSSupportsIPv6)
        {
            await TellsTheAddressAsync(kind, IPAddress.IPv6Any);
        }
    }

    [Theory]
    [InlineData("0.0.0.0", "127.0.0.5")]
    [InlineData("::", "127.0.0.5")]
    [InlineData("::", "::1")]
    public async Task With_epoll_the_answer_comes_from_the_address_that_was_asked(string bound, string asked)
    {
        if (!EpollDatagramTransport.IsSupported || (bound == "::" && !Socket.OSSupportsIPv6))
        {
            return;
        }

        using DatagramTransport transport = Datagrams.Open(DatagramKind.Epoll, new IPEndPoint(IPAddress.Parse(bound), 0));
        Task echoing = transport.EchoAsync();
        IPEndPoint to = new(IPAddress.Parse(asked), transport.EndPoint().Port);
        using UdpClient peer = Datagrams.NewPeer();
        using UdpClient six = new(AddressFamily.InterNetworkV6);
        UdpClient asking = to.AddressFamily == AddressFamily.InterNetwork ? peer : six;
        await asking.SendAsync("x"u8.ToArray(), to).AsTask().Soon();
        Assert.Equal(to, (await asking.ReceiveAsync().Soon()).RemoteEndPoint);

        transport.Interrupt();
        await echoing.Soon();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task An_interrupt_ends_the_waiting_and_all_reading(DatagramKind kind)
    {
        using DatagramTransport transport = Datagrams.Open(kind);
        Task waiting = transport.WaitReadableAsync(CancellationToken.None).AsTask();
        Assert.False(waiting.IsCompleted);

        transport.Interrupt();

        await waiting.Soon();
        using UdpClient peer = Datagrams.NewPeer(transport.EndPoint());
        await peer.SendTextAsync("too late");
        for (int i = 0; i < 3; i++)
        {
            await transport.WaitReadableAsync(CancellationToken.None).Soon();
            Assert.False(transport.Receive(new NoHandler()));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_wait_that_is_cancelled_loses_nothing(DatagramKind kind)
    {
        using DatagramTransport transport = Datagrams.Open(kind);
        using UdpClient peer = Datagrams.NewPeer(transport.EndPoint());
        for (int round = 0; round < 20; round++)
        {
            using CancellationTokenSource cancel = new();
            Task waiting = transport.WaitReadableAsync(cancel.Token).AsTask();

            // An epoll socket is first told that it can be written, which wakes nobody who reads.
            Assert.False(waiting.IsCompleted);
            cancel.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Soon());

            await peer.SendTextAsync($"{round}");
            Assert.Equal($"{round}", Assert.Single(await transport.ReceiveAsync(1).Soon()).Text);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_refusal_is_an_error_of_a_connected_socket_which_then_goes_on(DatagramKind kind)
    {
        using UdpClient late = Datagrams.NewDeaf();
        using DatagramTransport transport = Datagrams.Open(kind);
        transport.Socket.Connect(IPAddress.Loopback, late.Port());
        for (int round = 0; round < 3; round++)
        {
            Assert.True(transport.TrySend("anybody?"u8, null, null));
            SocketException error = await Assert.ThrowsAnyAsync<SocketException>(() => transport.ReceiveAsync(1).Soon());
            Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
        }

        late.Hear(transport.EndPoint());
        Assert.True(transport.TrySend("now?"u8, null, null));
        Assert.Equal("now?", await late.NextTextAsync());
        await late.Client.SendAsync("yes"u8.ToArray()).Soon();
        Assert.Equal("yes", Assert.Single(await transport.ReceiveAsync(1).Soon()).Text);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_refusal_is_nothing_to_a_socket_that_is_not_connected(DatagramKind kind)
    {
        using DatagramTransport transport = Datagrams.Open(kind);
        using UdpClient deaf = Datagrams.NewDeaf();
        DatagramPeer nobody = new(new IPEndPoint(IPAddress.Loopback, deaf.Port()));
        for (int i = 0; i < 10; i++)
        {
            Assert.True(transport.TrySend("x"u8, nobody, null));
        }

        using UdpClient peer = Datagrams.NewPeer(transport.EndPoint());
        await peer.SendTextAsync("still on");
        Assert.Equal("still on", Assert.Single(await transport.ReceiveAsync(1).Soon()).Text);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task What_no_datagram_can_carry_is_refused_and_the_socket_goes_on(DatagramKind kind)
    {
        using DatagramTransport transport = Datagrams.Open(kind);
        using UdpClient peer = Datagrams.NewPeer();
        DatagramPeer to = new((IPEndPoint)peer.Client.LocalEndPoint!);

        SocketException error = Assert.ThrowsAny<SocketException>(() => transport.TrySend(new byte[65508], to, null));
        Assert.Equal(SocketError.MessageSize, error.SocketErrorCode);

        Assert.True(transport.TrySend("fits"u8, to, null));
        Assert.Equal("fits", await peer.NextTextAsync());
    }

    private static async Task TellsTheAddressAsync(DatagramKind kind, IPAddress any)
    {
        using DatagramTransport transport = Datagrams.Open(kind, new IPEndPoint(any, 0));
        using UdpClient peer = Datagrams.NewPeer(new IPEndPoint(IPAddress.Loopback, transport.EndPoint().Port));
        await peer.SendTextAsync("x");

        ReceivedDatagram one = Assert.Single(await transport.ReceiveAsync(1).Soon());

        Assert.Equal(peer.Client.LocalEndPoint, one.Peer.EndPoint);
        Assert.Equal(IPAddress.Loopback, one.Packet.Destination);
        Assert.Equal(IPAddress.Loopback, one.Packet.Own);
        Assert.Contains(NetworkCard.Up, card => card.IsLoopback && card.Index4 == one.Packet.InterfaceIndex);
    }

    private sealed class NoHandler : IDatagramHandler
    {
        public void OnDatagram(in Datagram datagram) => Assert.Fail("Nothing is to be handled.");
    }
}
