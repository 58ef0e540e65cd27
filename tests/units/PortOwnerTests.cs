using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Inspection;

namespace PSNetLab.Engine.Tests;

public class PortOwnerTests
{
    [Fact]
    public void A_listener_of_this_process_is_found()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);

        Assert.Equal(Myself(), PortOwner.Describe((IPEndPoint)listener.LocalEndPoint!, ProtocolType.Tcp));
    }

    [Fact]
    public void A_listener_on_IPv6_is_found()
    {
        if (!Socket.OSSupportsIPv6)
        {
            return;
        }

        using Socket listener = new(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        listener.Listen(1);

        Assert.Equal(Myself(), PortOwner.Describe((IPEndPoint)listener.LocalEndPoint!, ProtocolType.Tcp));
    }

    [Fact]
    public void A_datagram_socket_is_found_and_is_no_listener()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

        // Where there is such an address, no other test can have a listener on the port.
        socket.Bind(new IPEndPoint(OperatingSystem.IsMacOS() ? IPAddress.Loopback : IPAddress.Parse("127.0.0.3"), 0));
        IPEndPoint endPoint = (IPEndPoint)socket.LocalEndPoint!;

        Assert.Equal(Myself(), PortOwner.Describe(endPoint, ProtocolType.Udp));
        Assert.Empty(PortOwner.Describe(endPoint, ProtocolType.Tcp));
    }

    [Fact]
    public void The_port_on_another_address_is_another_port()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;

        Assert.Empty(PortOwner.Describe(new IPEndPoint(IPAddress.Parse("127.0.0.4"), port), ProtocolType.Tcp));
        Assert.Equal(Myself(), PortOwner.Describe(new IPEndPoint(IPAddress.Any, port), ProtocolType.Tcp));
    }

    [Fact]
    public void Who_holds_nothing_is_not_named()
    {
        // No socket is ever bound to port 0.
        Assert.Empty(PortOwner.Describe(new IPEndPoint(IPAddress.Loopback, 0), ProtocolType.Tcp));
    }

    private static string Myself()
        => $" (by process {Environment.ProcessId}, {new SocketProcesses().NameOf(Environment.ProcessId)}: this one)";
}
