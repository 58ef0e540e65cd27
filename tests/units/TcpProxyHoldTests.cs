using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Proxies;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Tests;

/// <summary>Clients that wait until the server behind a proxy accepts them.</summary>
public sealed class TcpProxyHoldTests : IDisposable
{
    private readonly Socket _upstream = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentQueue<ProxyConnection> _failed = new();

    // Nobody else gets the port, and nobody accepts there before Listen.
    public TcpProxyHoldTests() => _upstream.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    public void Dispose() => _upstream.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Clients_that_leave_without_a_word_are_let_go(bool isTls)
    {
        StreamServer proxy = Started(isTls: isTls);
        Peer[] clients = [await Peer.ConnectAsync(proxy.LocalEndPoint), await Peer.ConnectAsync(proxy.LocalEndPoint)];
        foreach (Peer client in clients)
        {
            if (isTls)
            {
                SslStream stream = new(client.Stream, leaveInnerStreamOpen: true);
                await stream.AuthenticateAsClientAsync(Certificates.ClientOptions).Soon();
                await stream.ShutdownAsync().Soon();
            }
        }

        await Waiting.Until(() => _failed.Count == clients.Length);

        // With TLS, a close would be a reset: nobody has read the tickets for later sessions.
        Array.ForEach(clients, client => client.HalfClose());
        if (!isTls)
        {
            Array.ForEach(clients, client => client.Dispose());
        }

        await Waiting.Until(() => proxy.ConnectionCount == 0);
        Assert.All(_failed, one => Assert.Equal(ProxyCloseReason.UpstreamFailed, one.CloseReason));
        Assert.All(_failed, one => Assert.StartsWith("The client left ", one.CloseDetail, StringComparison.Ordinal));
        await StopAsync(proxy);
    }

    [Fact]
    public async Task A_failure_is_told_once_however_often_the_server_is_tried()
    {
        ManualClock clock = new();
        StreamServer proxy = Started(clock: clock);
        using Peer client = await Peer.ConnectAsync(proxy.LocalEndPoint);
        await TryAgainAsync(clock, times: 3);
        Assert.Single(_failed);
        await StopAsync(proxy);
    }

    [Fact]
    public async Task A_client_that_has_asked_and_ended_its_stream_is_served_once_the_server_is_there()
    {
        ManualClock clock = new();
        StreamServer proxy = Started(clock: clock);
        using Peer client = await Peer.ConnectAsync(proxy.LocalEndPoint);
        await client.SendAsync("question");
        client.HalfClose();
        await TryAgainAsync(clock, times: 3);
        _upstream.Listen();
        clock.Advance(TimeSpan.FromMilliseconds(500));
        using Peer server = new(await _upstream.AcceptAsync().Soon());
        Assert.Equal("question"u8.ToArray(), await server.ReadToEndAsync());
        await server.SendAsync("answer");
        server.HalfClose();
        Assert.Equal("answer"u8.ToArray(), await client.ReadToEndAsync());
        await StopAsync(proxy);
    }

    /// <summary>The system of the client forgets the connection after a while, and then answers that there is none.</summary>
    [LinuxFact]
    public async Task A_client_that_has_asked_and_left_is_not_waited_for_for_ever()
    {
        const int Linger2 = 8;
        StreamServer proxy = Started(silence: TimeSpan.FromSeconds(1));
        using (Peer client = await Peer.ConnectAsync(proxy.LocalEndPoint))
        {
            client.Socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, Linger2, BitConverter.GetBytes(1));
            await client.SendAsync("question");
            await Waiting.Until(() => _failed.Count == 1);
        }

        await Waiting.Until(() => proxy.ConnectionCount == 0);
        Assert.Equal(ProxyCloseReason.ClientReset, Assert.Single(_failed).CloseReason);
        await StopAsync(proxy);
    }

    private StreamServer Started(bool isTls = false, TimeProvider? clock = null, TimeSpan? silence = null)
    {
        TcpProxyOptions options = new()
        {
            EndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            Upstream = new DialOptions { Host = "127.0.0.1", Port = ((IPEndPoint)_upstream.LocalEndPoint!).Port },
            WhenUpstreamFails = UpstreamFailure.Hold,
            Tls = isTls ? Certificates.Tls : null,
            Clock = clock ?? TimeProvider.System,
            WaitingSilence = silence ?? TimeSpan.FromMinutes(1),
            UpstreamFailed = (connection, _) => _failed.Enqueue(connection),
        };
        return StreamServer.Bind(options, new TcpProxyHandler(options)).Started(new TestObserver());
    }

    /// <summary>Lets the proxy try the server some times more; it then waits for the next time.</summary>
    private static async Task TryAgainAsync(ManualClock clock, int times)
    {
        // Where no event tells of a reset, the proxy looks for one by the same clock.
        int before = EpollLoop.IsSupported ? 0 : 1;
        for (int waits = 1; waits <= times; waits++)
        {
            await Waiting.Until(() => clock.Started == before + waits);
            clock.Advance(TimeSpan.FromMilliseconds(500));
        }

        await Waiting.Until(() => clock.Started == before + times + 1);
    }

    private static async Task StopAsync(StreamServer proxy)
    {
        proxy.Stop();
        await proxy.Completion.Soon();
    }
}
