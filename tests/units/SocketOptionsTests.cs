using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Inspection;

namespace PSNetLab.Engine.Tests;

public class SocketOptionsTests
{
    [Fact]
    public void Names_are_unique_and_every_option_says_what_it_does()
    {
        Assert.Equal(SocketOptions.Known.Length, SocketOptions.Known.Select(option => option.Name.ToUpperInvariant()).Distinct().Count());
        Assert.All(SocketOptions.Known, option => Assert.EndsWith(")", option.Meaning, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("NoDelay", true, true)]
    [InlineData("nodelay", 1, true)]
    [InlineData("NoDelay", 0, false)]
    [InlineData("KeepAliveTime", 77, 77)]
    [InlineData("KeepAliveTime", "78", 78)]
    [InlineData("KeepAliveTime", 79L, 79)]
    [InlineData("KeepAliveTime", 80.0, 80)]
    [InlineData("TimeToLive", (byte)9, 9)]
    [InlineData("Linger", 0, 0)]
    [InlineData("Linger", 7, 7)]
    [InlineData("Linger", 65535, 65535)]
    [InlineData("Linger", -1, -1)]
    [InlineData("Linger", -100, -1)]
    [InlineData("Linger", false, -1)]
    public void What_is_set_is_read(string name, object value, object expected)
    {
        using Socket socket = Tcp();
        SocketOptions.Set(socket, name, value);
        Assert.Equal(expected, SocketOptions.Get(socket, name).Value);
    }

    [LinuxFact]
    public void An_option_is_read_and_set_by_level_and_number()
    {
        using Socket socket = Tcp();
        SocketOptions.Set(socket, "6/4", 99);
        Assert.Equal(99, SocketOptions.Get(socket, "KeepAliveTime").Value);
        Assert.Equal(99, SocketOptions.Get(socket, "6/4").Value);

        SocketOptions.Set(socket, "1/13", new byte[] { 1, 0, 0, 0, 5, 0, 0, 0 });
        Assert.Equal(5, SocketOptions.Get(socket, "Linger").Value);
        Assert.Equal(new byte[] { 1, 0, 0, 0, 5, 0, 0, 0 }, SocketOptions.Get(socket, "1/13").Value);
    }

    [LinuxFact]
    public void Linux_doubles_a_buffer()
    {
        using Socket socket = Tcp();
        SocketOptions.Set(socket, "ReceiveBuffer", 20_000);
        Assert.Equal(40_000, SocketOptions.Get(socket, "ReceiveBuffer").Value);
    }

    [LinuxFact]
    public void To_reuse_an_address_is_not_to_share_a_port()
    {
        using Socket socket = Tcp();
        SocketOptions.Set(socket, "ReuseAddress", true);
        Assert.Equal((1, 0), (SocketOptions.Get(socket, "1/2").Value, SocketOptions.Get(socket, "1/15").Value));
    }

    [Fact]
    public void All_options_are_those_the_socket_has()
    {
        using Socket udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        string[] names = [.. SocketOptions.GetAll(udp).Select(option => option.Name)];
        Assert.Contains("Broadcast", names);
        Assert.Contains("TimeToLive", names);
        Assert.DoesNotContain("NoDelay", names);
        Assert.DoesNotContain("HopLimit", names);

        if (Socket.OSSupportsIPv6)
        {
            using Socket six = new(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
            names = [.. SocketOptions.GetAll(six).Select(option => option.Name)];
            Assert.Contains("HopLimit", names);
            Assert.Contains("NoDelay", names);
        }
    }

    [LinuxFact]
    public async Task Reading_all_does_not_clear_the_error_a_socket_remembers()
    {
        // Nobody listens on the port, so the answer to a datagram is an error that the socket remembers.
        using Socket bound = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        bound.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(bound.LocalEndPoint!);
        bound.Dispose();
        socket.Send([1]);
        await Waiting.Until(() => socket.Poll(0, SelectMode.SelectError));

        Assert.DoesNotContain(SocketOptions.GetAll(socket), option => option.Name == "Error");
        Assert.NotEqual(0, SocketOptions.Get(socket, "Error").Value);
        Assert.Equal(0, SocketOptions.Get(socket, "Error").Value);
    }

    [Theory]
    [InlineData("nonsense", 1, FaultKind.OptionNotFound)]
    [InlineData("6", 1, FaultKind.OptionNotFound)]
    [InlineData("6/x", 1, FaultKind.OptionNotFound)]
    [InlineData("", 1, FaultKind.OptionNotFound)]
    [InlineData("Error", 1, FaultKind.OptionReadOnly)]
    [InlineData("AcceptConnection", true, FaultKind.OptionReadOnly)]
    [InlineData("TimeToLive", "many", FaultKind.InvalidOptionValue)]
    [InlineData("TimeToLive", 1.5, FaultKind.InvalidOptionValue)]
    [InlineData("TimeToLive", long.MaxValue, FaultKind.InvalidOptionValue)]
    [InlineData("TimeToLive", new byte[] { 1, 0, 0, 0 }, FaultKind.InvalidOptionValue)]
    [InlineData("Linger", true, FaultKind.InvalidOptionValue)]
    [InlineData("Linger", 65536, FaultKind.InvalidOptionValue)]
    [InlineData("TimeToLive", 4000, FaultKind.OptionRefused)]
    [InlineData("99/99", 1, FaultKind.OptionRefused)]
    public void What_cannot_be_set_is_a_fault_of_its_kind(string name, object value, FaultKind kind)
    {
        using Socket socket = Tcp();
        NetLabException fault = Assert.Throws<NetLabException>(() => SocketOptions.Set(socket, name, value));
        Assert.Equal(kind, fault.Kind);
    }

    [Fact]
    public void A_closed_socket_is_no_fault_of_the_option()
    {
        Socket socket = Tcp();
        socket.Dispose();
        Assert.Throws<ObjectDisposedException>(() => SocketOptions.Get(socket, "NoDelay"));
        Assert.Throws<ObjectDisposedException>(() => SocketOptions.Set(socket, "NoDelay", 1));
        Assert.Equal(FaultKind.ConnectionClosed, Assert.Throws<NetLabException>(() => OwnSockets.Describe(socket)).Kind);
    }

    private static Socket Tcp() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
}
