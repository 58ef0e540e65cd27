using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Inspection;
using static PSNetLab.Engine.Tests.MacSocket;

namespace PSNetLab.Engine.Tests;

/// <summary>What macOS tells of a socket.</summary>
public class SocketFdInfoTests
{
    [Fact]
    public void A_TCP_connection_is_read()
    {
        SocketInfo socket = SocketFdInfo.Read(MacSocket.Tcp(4, "192.0.2.1", 8080, "198.51.100.7", 443, received: 70_000, sent: 3), 4711)!;

        Assert.Equal("Tcp Established 192.0.2.1:8080 - 198.51.100.7:443", socket.ToString());
        Assert.Equal(AddressFamily.InterNetwork, socket.Family);
        Assert.Equal(SocketType.Stream, socket.Type);
        Assert.Equal(70_000, socket.ReceiveQueue);
        Assert.Equal(3, socket.SendQueue);
        Assert.Equal(4711, socket.ProcessId);
        Assert.Null(socket.UserId);
        Assert.Null(socket.Inode);
    }

    [Theory]
    [InlineData(0, SocketState.Closed)]
    [InlineData(1, SocketState.Listen)]
    [InlineData(2, SocketState.SynSent)]
    [InlineData(3, SocketState.SynReceived)]
    [InlineData(4, SocketState.Established)]
    [InlineData(5, SocketState.CloseWait)]
    [InlineData(6, SocketState.FinWait1)]
    [InlineData(7, SocketState.Closing)]
    [InlineData(8, SocketState.LastAck)]
    [InlineData(9, SocketState.FinWait2)]
    [InlineData(10, SocketState.TimeWait)]
    [InlineData(11, SocketState.Unknown)]
    [InlineData(-1, SocketState.Unknown)]
    public void States_are_read_by_the_numbers_of_macOS(int number, SocketState state)
        => Assert.Equal(state, SocketFdInfo.Read(MacSocket.Tcp(number, "127.0.0.1", 1, "127.0.0.1", 2), 1)!.State);

    [Fact]
    public void A_listener_tells_who_waits_and_how_many_may()
    {
        SocketInfo socket = SocketFdInfo.Read(MacSocket.Tcp(1, "0.0.0.0", 80, "0.0.0.0", 0, waiting: 5, incomplete: 2, backlog: 128), 1)!;

        Assert.Equal(3, socket.ReceiveQueue);
        Assert.Equal(128, socket.SendQueue);
        Assert.Null(socket.Remote);
        Assert.Null(socket.RemotePort);
    }

    [Theory]
    [InlineData("2001:db8::1", "2001:db8::2")]
    [InlineData("::1", "::1")]
    public void A_connection_over_IPv6_is_read(string local, string remote)
    {
        SocketInfo socket = SocketFdInfo.Read(MacSocket.Tcp(4, local, 65535, remote, 1), 1)!;

        Assert.Equal(AddressFamily.InterNetworkV6, socket.Family);
        Assert.Equal($"Tcp Established [{local}]:65535 - [{remote}]:1", socket.ToString());
    }

    [Fact]
    public void A_link_local_address_has_its_interface()
    {
        // fe80::1 on interface 4, as the kernel keeps it.
        SocketInfo socket = SocketFdInfo.Read(MacSocket.Tcp(4, "fe80:4::1", 1, "fe80:4::2", 2), 1)!;

        Assert.Equal(IPAddress.Parse("fe80::1%4"), socket.Local);
        Assert.Equal(IPAddress.Parse("fe80::2%4"), socket.Remote);
        Assert.Equal(0, SocketFdInfo.Read(MacSocket.Tcp(4, "fe80::1", 1, "fe80::2", 2), 1)!.Local!.ScopeId);
    }

    [Fact]
    public void An_IPv4_peer_of_an_IPv6_socket_is_shown_as_IPv4()
    {
        byte[] bytes = MacSocket.Tcp(4, "127.0.0.1", 80, "10.0.0.9", 5000);
        Write(bytes, 184, 30);
        SocketInfo socket = SocketFdInfo.Read(bytes, 1)!;

        Assert.Equal("Tcp Established 127.0.0.1:80 - 10.0.0.9:5000", socket.ToString());
        Assert.Equal(AddressFamily.InterNetworkV6, socket.Family);
    }

    [Fact]
    public void A_datagram_socket_is_read_with_a_peer_and_without()
    {
        SocketInfo bound = SocketFdInfo.Read(MacSocket.Udp("0.0.0.0", 5353, "0.0.0.0", 0, received: 12), 1)!;
        SocketInfo connected = SocketFdInfo.Read(MacSocket.Udp("127.0.0.1", 5353, "127.0.0.1", 53), 1)!;

        Assert.Equal("Udp Closed 0.0.0.0:5353", bound.ToString());
        Assert.Equal(SocketType.Dgram, bound.Type);
        Assert.Equal(12, bound.ReceiveQueue);
        Assert.Null(bound.Remote);
        Assert.Equal("Udp Established 127.0.0.1:5353 - 127.0.0.1:53", connected.ToString());
    }

    [Theory]
    [InlineData("/var/run/x.sock", 2, 0, SocketState.Listen)]
    [InlineData("/var/run/ü.sock", 0, 2, SocketState.Established)]
    [InlineData(null, 0, 2, SocketState.Established)]
    [InlineData(null, 0, 0, SocketState.Closed)]
    public void A_Unix_socket_is_read(string? path, short options, short flags, SocketState state)
    {
        SocketInfo socket = SocketFdInfo.Read(Unix(path, options, flags), 7)!;

        Assert.Equal(SocketProtocol.Unix, socket.Protocol);
        Assert.Equal(AddressFamily.Unix, socket.Family);
        Assert.Equal(SocketType.Stream, socket.Type);
        Assert.Equal(state, socket.State);
        Assert.Equal(path, socket.Path);
        Assert.Null(socket.Local);
        Assert.Equal(7, socket.ProcessId);
    }

    [Fact]
    public void Other_sockets_are_none_that_can_be_listed()
    {
        foreach (int kind in new[] { -1, 0, 4, 5, 6, 7, 99 })
        {
            byte[] bytes = MacSocket.Tcp(4, "127.0.0.1", 1, "127.0.0.1", 2);
            Write(bytes, 256, kind);
            Assert.Null(SocketFdInfo.Read(bytes, 1));
        }

        byte[] raw = MacSocket.Udp("127.0.0.1", 1, "127.0.0.1", 2);
        Write(raw, 180, (int)ProtocolType.Icmp);
        Assert.Null(SocketFdInfo.Read(raw, 1));
    }

    [Fact]
    public void Random_bytes_are_read_without_an_error()
    {
        Random random = new(42);
        byte[] bytes = new byte[SocketFdInfo.Bytes];
        for (int i = 0; i < 5000; i++)
        {
            random.NextBytes(bytes);
            Write(bytes, 256, 1 + (i % 3));
            Write(bytes, 180, (int)ProtocolType.Udp);
            Assert.NotNull(SocketFdInfo.Read(bytes, 1));
        }
    }
}
