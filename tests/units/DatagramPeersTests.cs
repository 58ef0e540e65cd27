using System.Net;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Tests;

public class DatagramPeersTests
{
    private static readonly IPAddress s_own = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress s_other = IPAddress.Parse("192.0.2.2");

    private readonly DatagramPeers _peers = new();

    [Fact]
    public void Who_sends_to_two_of_our_addresses_is_two_peers()
    {
        DatagramPeer one = Find("198.51.100.7:5", s_own);
        DatagramPeer two = Find("198.51.100.7:5", s_other);

        Assert.NotSame(one, two);
        Assert.Equal(one.EndPoint, two.EndPoint);
        Assert.Equal((s_own, s_other), (one.Source, two.Source));
        Assert.Same(one, Find("198.51.100.7:5", IPAddress.Parse("192.0.2.1")));
        Assert.Same(two, Find("198.51.100.7:5", s_other));
        Assert.NotSame(one, Find("198.51.100.7:6", s_own));
    }

    [Theory]
    [InlineData("ff02::1", "ff15::77:9")]
    [InlineData("239.77.9.1", "255.255.255.255")]
    [InlineData("ff02::1", null)]
    public void What_many_hosts_have_is_no_address_to_answer_from(string group, string? other)
    {
        DatagramPeer peer = Find("[fd77::1]:5", IPAddress.Parse(group));

        Assert.Null(peer.Source);
        Assert.Same(peer, Find("[fd77::1]:5", other is null ? null : IPAddress.Parse(other)));
        Assert.NotSame(peer, Find("[fd77::1]:5", IPAddress.Parse("fd77::2")));
    }

    [Fact]
    public void A_link_local_address_belongs_to_its_link()
    {
        DatagramPeer one = Find("[fe80::1%2]:5", IPAddress.Parse("fe80::2%2"));

        Assert.NotSame(one, Find("[fe80::1%3]:5", IPAddress.Parse("fe80::2%3")));
        Assert.Same(one, Find("[fe80::1%2]:5", IPAddress.Parse("fe80::2%2")));
    }

    [Fact]
    public void Only_who_was_silent_while_thousands_sent_is_forgotten()
    {
        DatagramPeer busy = Find("198.51.100.7:1", s_own);
        DatagramPeer silent = Find("198.51.100.7:1", s_other);
        for (int port = 2; port < 20_000; port++)
        {
            Find($"198.51.100.7:{port}", s_own);
            Assert.Same(busy, Find("198.51.100.7:1", s_own));
        }

        Assert.NotSame(silent, Find("198.51.100.7:1", s_other));
    }

    private DatagramPeer Find(string remote, IPAddress? own)
    {
        SocketAddress name = IPEndPoint.Parse(remote).Serialize();
        return _peers.Find(name.Buffer.Span[..name.Size], own);
    }
}
