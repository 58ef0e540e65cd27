using System.Net;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

public class AddressesTests
{
    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData(" 127.0.0.10 ", "127.0.0.10")]
    [InlineData("::1", "::1")]
    [InlineData("[::1]", "::1")]
    [InlineData("0001:0db8::", "1:db8::")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("[::ffff:c000:207]", "192.0.2.7")]
    [InlineData("fe80::1%1", "fe80::1%1")]
    public void An_address_in_its_usual_form_is_read(string text, string expected)
    {
        Assert.True(Addresses.TryParse(text, out IPAddress address));
        Assert.Equal(IPAddress.Parse(expected), address);
    }

    [Theory]
    [InlineData("192.0.2.7:80", "192.0.2.7", 80)]
    [InlineData("192.0.2.7", "192.0.2.7", 0)]
    [InlineData("[::1]:80", "::1", 80)]
    [InlineData("[::1]", "::1", 0)]
    [InlineData("::1", "::1", 0)]
    [InlineData("0.0.0.0:65535", "0.0.0.0", 65535)]
    public void An_endpoint_is_an_address_and_a_port(string text, string address, int port)
    {
        Assert.True(Addresses.TryParse(text, out IPEndPoint endPoint));
        Assert.Equal(new IPEndPoint(IPAddress.Parse(address), port), endPoint);
    }

    [Theory]
    [InlineData("")]
    [InlineData(":80")]
    [InlineData("127.0.0.1:")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("127.0.0.1:0x50")]
    [InlineData("127.0.0.010:80")]
    [InlineData("0x7f.0.0.1:80")]
    [InlineData("2130706433:80")]
    [InlineData("127.1:80")]
    [InlineData("[127.0.0.1]:80")]
    [InlineData("[::1]x:80")]
    [InlineData("localhost:80")]
    public void What_is_no_endpoint_is_refused(string text) => Assert.False(Addresses.TryParse(text, out IPEndPoint _));

    [Theory]
    [InlineData("localhost", false)]
    [InlineData("db8", false)]
    [InlineData("face.b00c", false)]
    [InlineData("1.example", false)]
    [InlineData("0x", true)]
    [InlineData("1.2.3.4.", true)]
    [InlineData("example.0x7f", true)]
    [InlineData("a:b", true)]
    public void A_name_never_ends_in_a_number(string text, bool looksLikeAddress)
        => Assert.Equal(looksLikeAddress, Addresses.LooksLikeAddress(text));
}
