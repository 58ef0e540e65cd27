using System.Net.Sockets;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Servers;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Engine.Tests;

/// <summary>A server whose port is closed for a while.</summary>
public class StreamServerPortTests
{
    [Fact]
    public async Task A_client_that_has_connected_before_is_served()
    {
        if (!EpollLoop.IsSupported)
        {
            return; // elsewhere, those that wait to be accepted are reset with the port
        }

        StreamServer server = Starting.Bind(new TcpServerOptions { Echo = true });
        using (Peer early = await Peer.ConnectAsync(server.LocalEndPoint))
        {
            server.ClosePort();
            server.Started(new TestObserver());
            await early.SendAsync("x");
            Assert.Equal("x", await early.ReadTextAsync("x"));
            SocketException refusal = await Assert.ThrowsAsync<SocketException>(() => Peer.ConnectAsync(server.LocalEndPoint));
            Assert.Equal(SocketError.ConnectionRefused, refusal.SocketErrorCode);
            server.ReopenPort();
            using Peer late = await Peer.ConnectAsync(server.LocalEndPoint);
            await late.SendAsync("y");
            Assert.Equal("y", await late.ReadTextAsync("y"));
        }

        server.Stop();
        await server.Completion.Soon();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_has_reset_its_connection_before_is_forgotten_and_the_others_are_served(bool isFirst)
    {
        if (!EpollLoop.IsSupported)
        {
            return;
        }

        StreamServer server = Starting.Bind(new TcpServerOptions { Echo = true });
        using (Socket gone = new(SocketType.Stream, ProtocolType.Tcp))
        {
            if (isFirst)
            {
                await gone.ConnectAsync(server.LocalEndPoint);
            }

            using Peer early = await Peer.ConnectAsync(server.LocalEndPoint);
            if (!isFirst)
            {
                await gone.ConnectAsync(server.LocalEndPoint);
            }

            gone.LingerState = new LingerOption(true, 0);
            gone.Dispose();
            server.ClosePort();
            server.Started(new TestObserver());
            await early.SendAsync("x");
            Assert.Equal("x", await early.ReadTextAsync("x"));
            server.ReopenPort();
            using Peer late = await Peer.ConnectAsync(server.LocalEndPoint);
            await late.SendAsync("y");
            Assert.Equal("y", await late.ReadTextAsync("y"));
        }

        server.Stop();
        await server.Completion.Soon();
    }

    [Fact]
    public async Task A_server_that_never_ran_lets_them_go()
    {
        StreamServer server = Starting.Bind(new TcpServerOptions());
        using Peer early = await Peer.ConnectAsync(server.LocalEndPoint);
        server.ClosePort();
        server.Stop();
        await server.Completion.Soon();
        Assert.Empty(await early.ReadToEndAsync());
    }

    [Fact]
    public async Task A_port_that_is_closed_and_opened_all_the_time_is_never_lost_and_never_refuses_a_server_that_is_stopped()
    {
        StreamServer server = Starting.Bind(new TcpServerOptions { Echo = true }).Started(new TestObserver());
        for (int i = 0; i < 100; i++)
        {
            server.ClosePort();
            server.ReopenPort();
        }

        using (Peer client = await Peer.ConnectAsync(server.LocalEndPoint))
        {
            await client.SendAsync("x");
            Assert.Equal("x", await client.ReadTextAsync("x"));
        }

        server.ClosePort();
        server.Stop();
        await server.Completion.Soon();
        StreamServer next = await Starting.WhenFree(
            () => Starting.Bind(new TcpServerOptions { EndPoint = server.LocalEndPoint }));
        next.Stop();
        await next.Completion.Soon();
    }
}
