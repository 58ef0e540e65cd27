using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

public class HostPortTests
{
    [Theory]
    [InlineData("localhost:80", "localhost", 80)]
    [InlineData(" host.example:65535 ", "host.example", 65535)]
    [InlineData("127.0.0.1:1", "127.0.0.1", 1)]
    [InlineData("[::1]:443", "::1", 443)]
    [InlineData("[fe80::1%eth0]:8080", "fe80::1%eth0", 8080)]
    public void A_host_may_have_its_port(string text, string host, int port)
    {
        Assert.Equal(new HostPort(host, port), HostPort.Parse(text, null));
        Assert.Equal(new HostPort(host, port), HostPort.Parse(text, port));
        Assert.Throws<NetLabException>(() => HostPort.Parse(text, port == 1 ? 2 : 1));
    }

    [Theory]
    [InlineData("localhost", "localhost")]
    [InlineData("::1", "::1")]
    [InlineData("[::1]", "::1")]
    [InlineData("2001:db8::80", "2001:db8::80")]
    [InlineData("fe80::1%eth0", "fe80::1%eth0")]
    public void A_host_may_have_none(string text, string host)
    {
        Assert.Equal(new HostPort(host, 80), HostPort.Parse(text, 80));
        Assert.Equal(FaultKind.InvalidParameters, Assert.Throws<NetLabException>(() => HostPort.Parse(text, null)).Kind);
    }

    [Theory]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("host:http")]
    [InlineData("host:-1")]
    [InlineData("host:")]
    [InlineData(":80")]
    public void What_is_no_port_is_part_of_the_host(string text) => Assert.Equal(text, HostPort.Parse(text, 80).Host);
}
