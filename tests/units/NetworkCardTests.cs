using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

public class NetworkCardTests
{
    [Theory]
    [InlineData("10.1.2.3", 8, "10.255.255.255")]
    [InlineData("10.129.2.3", 9, "10.255.255.255")]
    [InlineData("10.1.2.3", 9, "10.127.255.255")]
    [InlineData("172.16.5.4", 12, "172.31.255.255")]
    [InlineData("192.168.1.7", 16, "192.168.255.255")]
    [InlineData("10.0.16.1", 20, "10.0.31.255")]
    [InlineData("10.0.0.1", 23, "10.0.1.255")]
    [InlineData("192.0.2.77", 24, "192.0.2.255")]
    [InlineData("192.0.2.77", 25, "192.0.2.127")]
    [InlineData("192.0.2.200", 25, "192.0.2.255")]
    [InlineData("192.0.2.9", 29, "192.0.2.15")]
    [InlineData("192.0.2.5", 30, "192.0.2.7")]
    public void The_broadcast_address_has_all_host_bits_set(string address, int prefix, string broadcast)
    {
        (IPAddress source, IPAddress to) = Assert.Single(Card((address, prefix)).Broadcasts());
        Assert.Equal(address, source.ToString());
        Assert.Equal(broadcast, to.ToString());
    }

    [Fact]
    public void It_is_so_for_every_prefix_that_has_one()
    {
        Random random = new(1);
        for (int prefix = 1; prefix <= 30; prefix++)
        {
            for (int i = 0; i < 20; i++)
            {
                uint bits = (uint)random.NextInt64(1L << 32);
                (_, IPAddress to) = Assert.Single(Card((ToAddress(bits).ToString(), prefix)).Broadcasts());
                Assert.Equal(ToAddress(bits | (uint.MaxValue >> prefix)), to);
            }
        }
    }

    [Theory]
    [InlineData("192.0.2.4", 31)] // a link of two, RFC 3021
    [InlineData("192.0.2.5", 31)]
    [InlineData("192.0.2.5", 32)]
    [InlineData("192.0.2.5", 0)]
    [InlineData("fe80::1", 64)]
    [InlineData("::1", 128)]
    public void Networks_without_a_broadcast_address_have_none(string address, int prefix)
        => Assert.Empty(Card((address, prefix)).Broadcasts());

    [Fact]
    public void Each_address_of_an_interface_has_its_own()
    {
        NetworkCard card = Card(("10.0.0.1", 24), ("fd00::1", 64), ("10.0.0.9", 24), ("10.9.0.1", 31), ("172.16.0.1", 16));
        Assert.Equal(
            ["10.0.0.1 10.0.0.255", "10.0.0.9 10.0.0.255", "172.16.0.1 172.16.255.255"],
            card.Broadcasts().Select(pair => $"{pair.Source} {pair.Broadcast}"));
    }

    [Fact]
    public void Loopback_is_up()
    {
        NetworkCard loopback = Assert.Single(NetworkCard.Up, card => card.IsLoopback);
        Assert.Contains(loopback.Addresses, address => address.Address.Equals(IPAddress.Loopback));
        Assert.True(loopback.Index4 > 0);
        Assert.Equal(loopback.Alias, NetworkCard.Name(loopback.Index4));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void What_is_no_index_has_no_name(int index) => Assert.Null(NetworkCard.Name(index));

    [Fact]
    public void It_is_found_by_its_name_in_any_case()
    {
        NetworkCard loopback = NetworkCard.Up.First(card => card.IsLoopback);
        Assert.Equal(loopback.Alias, NetworkCard.Find(loopback.Alias.ToUpperInvariant()).Alias);
        Assert.Equal(loopback.Index4, NetworkCard.Find(loopback.Alias.ToLowerInvariant()).Index4);
    }

    [Theory]
    [InlineData("nowhere0")]
    [InlineData("")]
    public void A_name_that_nobody_has_is_told_with_those_there_are(string alias)
    {
        NetLabException fault = Assert.Throws<NetLabException>(() => NetworkCard.Find(alias));
        Assert.Equal(FaultKind.InterfaceNotFound, fault.Kind);
        Assert.Equal(alias, fault.Subject);
        Assert.Contains($"'{alias}'", fault.Message, StringComparison.Ordinal);
        Assert.Contains(NetworkCard.Up.First(card => card.IsLoopback).Alias, fault.Message, StringComparison.Ordinal);
    }

    private static NetworkCard Card(params (string Address, int Prefix)[] addresses)
        => new("test", 1, 1, IsLoopback: false, [.. addresses.Select(one => new FakeAddress(IPAddress.Parse(one.Address), one.Prefix))]);

    private static IPAddress ToAddress(uint bits)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, bits);
        return new IPAddress(bytes);
    }

    /// <summary>An address as an interface has it: of which the code may look at the address, the prefix and the mask.</summary>
    private sealed class FakeAddress(IPAddress address, int prefix) : UnicastIPAddressInformation
    {
        public override IPAddress Address => address;

        public override int PrefixLength => prefix;

        public override IPAddress IPv4Mask => ToAddress(prefix == 0 ? 0 : uint.MaxValue << (32 - prefix));

        public override long AddressPreferredLifetime => throw new NotSupportedException();

        public override long AddressValidLifetime => throw new NotSupportedException();

        public override long DhcpLeaseLifetime => throw new NotSupportedException();

        public override DuplicateAddressDetectionState DuplicateAddressDetectionState => throw new NotSupportedException();

        public override PrefixOrigin PrefixOrigin => throw new NotSupportedException();

        public override SuffixOrigin SuffixOrigin => throw new NotSupportedException();

        public override bool IsDnsEligible => throw new NotSupportedException();

        public override bool IsTransient => throw new NotSupportedException();
    }
}
