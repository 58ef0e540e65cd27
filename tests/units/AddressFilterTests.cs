using System.Globalization;
using System.Net;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

public class AddressFilterTests
{
    [Theory]
    [InlineData("10.1.2.3", "10.1.2.3", true)]
    [InlineData("10.1.2.3", "10.1.2.4", false)]
    [InlineData("10.1.2.3/32", "10.1.2.3", true)]
    [InlineData("10.0.0.0/8", "10.255.255.255", true)]
    [InlineData("10.0.0.0/8", "11.0.0.0", false)]
    [InlineData("10.9.8.7/8", "10.1.1.1", true)]
    [InlineData("192.168.77.201/25", "192.168.77.128", true)]
    [InlineData("192.168.77.201/25", "192.168.77.127", false)]
    [InlineData("192.0.2.7/31", "192.0.2.6", true)]
    [InlineData("192.0.2.7/31", "192.0.2.8", false)]
    [InlineData("0.0.0.0/0", "255.255.255.255", true)]
    [InlineData("0.0.0.0/0", "::1", false)]
    [InlineData("203.0.113.9/0", "8.8.8.8", true)]
    [InlineData("::1", "::1", true)]
    [InlineData("::1", "::2", false)]
    [InlineData("::1", "127.0.0.1", false)]
    [InlineData("::/0", "2001:db8::1", true)]
    [InlineData("::/0", "10.0.0.1", false)]
    [InlineData("fe80::/10", "fe80::1234", true)]
    [InlineData("fe80::/10", "fec0::1", false)]
    [InlineData("fe80::1/10", "febf::1", true)]
    [InlineData("fe80::/10", "0.0.0.1", false)]
    [InlineData("fe80::/10", "::ffff:0.0.0.1", false)]
    [InlineData("2001:db8::ffff/33", "2001:db8:7fff::1", true)]
    [InlineData("2001:db8::ffff/33", "2001:db8:8000::1", false)]
    [InlineData("  10.0.0.1  ", "10.0.0.1", true)]
    [InlineData("10.0.0.1", "::ffff:10.0.0.1", true)]
    [InlineData("10.0.0.0/8", "::ffff:10.77.0.1", true)]
    [InlineData("10.0.0.0/8", "::ffff:11.0.0.1", false)]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1", true)]
    [InlineData("::ffff:10.0.0.1", "::ffff:10.0.0.1", true)]
    [InlineData("[::ffff:10.0.0.1]", "10.0.0.1", true)]
    [InlineData("[2001:db8::]/32", "2001:db8::1", true)]
    [InlineData("[2001:db8::]/32", "2001:db9::1", false)]
    [InlineData("::ffff:10.0.0.0/104", "10.77.0.1", true)]
    [InlineData("::ffff:10.0.0.0/104", "11.0.0.1", false)]
    public void An_entry_matches_its_addresses_on_either_list(string entry, string peer, bool matches)
    {
        IPAddress address = IPAddress.Parse(peer);
        Assert.Equal(matches, new AddressFilter([entry], null).IsAllowed(address));
        Assert.Equal(!matches, new AddressFilter(null, [entry]).IsAllowed(address));
    }

    [Fact]
    public void Without_lists_everybody_is_allowed()
    {
        foreach (AddressFilter filter in new AddressFilter[] { new(null, null), new([], []) })
        {
            Assert.True(filter.IsAllowed(IPAddress.Loopback));
            Assert.True(filter.IsAllowed(IPAddress.IPv6Loopback));
        }
    }

    [Theory]
    [InlineData("10.0.0.1", true)]
    [InlineData("10.0.0.66", false)]
    [InlineData("10.0.66.1", false)]
    [InlineData("11.0.0.1", false)]
    [InlineData("::ffff:10.0.0.66", false)]
    public void Deny_wins_over_allow(string peer, bool allowed)
    {
        AddressFilter filter = new(["10.0.0.0/8", "10.0.0.66"], ["10.0.0.66", "10.0.66.0/24"]);
        Assert.Equal(allowed, filter.IsAllowed(IPAddress.Parse(peer)));
    }

    [Fact]
    public void One_entry_of_several_is_enough()
    {
        AddressFilter filter = new(["192.0.2.1", "2001:db8::/32", "127.0.0.0/8"], null);

        Assert.True(filter.IsAllowed(IPAddress.Loopback));
        Assert.True(filter.IsAllowed(IPAddress.Parse("2001:db8::5")));
        Assert.False(filter.IsAllowed(IPAddress.IPv6Loopback));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("/")]
    [InlineData("/8")]
    [InlineData("localhost")]
    [InlineData("10.0.0.256")]
    [InlineData("10.0.0.0/")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/+8")]
    [InlineData("10.0.0.0/ 8")]
    [InlineData("10.0.0.0/8/8")]
    [InlineData("10.0.0.0/255.0.0.0")]
    [InlineData("::1/129")]
    [InlineData("fe80::/ten")]
    [InlineData("10.0.0.1:80")]
    [InlineData("[::1]:80")]
    [InlineData("[::1")]
    [InlineData("[::1/64]")]
    [InlineData("[10.0.0.0]/8")]
    [InlineData("10.0.0.1-10.0.0.9")]
    [InlineData("10.0.0.*")]
    [InlineData("10")] // inet_aton(3) would read 0.0.0.10
    [InlineData("127.0.0.010")] // octal to inet_aton(3): it would deny 127.0.0.8 and serve 127.0.0.10
    [InlineData("00.0.0.0")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("127.0.0.0x1")]
    [InlineData("10.0.0.00/8")]
    [InlineData("::ffff:127.0.0.010")]
    [InlineData("[127.0.0.1]")]
    [InlineData("fe80::1%no-such-interface")]
    [InlineData("fe80::1%0")]
    [InlineData("fe80::1%")]
    [InlineData("10/8")]
    [InlineData("192.168/16")] // and this as 192.0.0.168/16
    public void What_is_no_address_is_refused(string text)
    {
        NetLabException fault = Assert.Throws<NetLabException>(() => new AddressFilter([text], null));
        Assert.Equal(FaultKind.InvalidAddress, fault.Kind);
        Assert.Contains($"'{text}'", fault.Message, StringComparison.Ordinal);
        Assert.Contains("10.0.0.0/8", fault.Message, StringComparison.Ordinal);

        Assert.Equal(FaultKind.InvalidAddress, Assert.Throws<NetLabException>(() => new AddressFilter(null, [text])).Kind);
    }

    [Fact]
    public void A_zone_names_the_interface()
    {
        AddressFilter filter = new(["fe80::%3/64"], null);

        Assert.True(filter.IsAllowed(IPAddress.Parse("fe80::77%3")));
        Assert.False(filter.IsAllowed(IPAddress.Parse("fe80::77%4")));
        Assert.True(new AddressFilter(["fe80::/64"], null).IsAllowed(IPAddress.Parse("fe80::77%4")));
    }

    [Theory]
    [InlineData("::/0", "::/0")]
    [InlineData("::/80", "::/80")]
    [InlineData("10.0.0.0/8 ::/0", null)]
    [InlineData("::/0 0.0.0.0/0", null)]
    [InlineData("2001:db8::/32", null)]
    [InlineData("::ffff:0:0/96", null)]
    [InlineData("10.0.0.0/8", null)]
    [InlineData("", null)]
    public void A_range_of_IPv6_that_seems_to_cover_IPv4_is_told(string entries, string? told)
    {
        string[] list = entries.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(told, new AddressFilter(list, null).AllowedWithoutIPv4);
        Assert.Equal(told, new AddressFilter(null, list).DeniedWithoutIPv4);
        Assert.Null(new AddressFilter(list, null).DeniedWithoutIPv4);
    }

    [Fact]
    public void The_culture_does_not_matter()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("sv-SE"); // its minus sign is another one
            Assert.True(new AddressFilter(["10.0.0.0/8"], null).IsAllowed(IPAddress.Parse("10.1.1.1")));
            Assert.Throws<NetLabException>(() => new AddressFilter(["10.0.0.0/-8"], null));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
