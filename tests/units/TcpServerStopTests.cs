using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.Inspection;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Servers;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Engine.Tests;

public class TcpServerStopTests
{
    // A second of grace, and what a loaded machine needs beside it.
    private static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(30);

    // What a server that stops takes for the end of a peer that sends.
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(0.1);

    [Fact]
    public async Task The_port_is_free_before_Stop_returns()
    {
        for (int round = 0; round < 20; round++)
        {
            await using TestServer server = new(new() { EndPoint = Ports.Free(), Echo = true });
            using Peer peer = await server.ConnectAsync();
            await server.Observer.OpenedAsync();

            server.Server.Stop();

            using Socket again = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            again.Bind(server.EndPoint);
            again.Listen(1);
        }
    }

    [Fact]
    public async Task A_server_can_follow_another_on_its_port()
    {
        await using TestServer first = new(new() { EndPoint = Ports.Free() });
        using Peer old = await first.ConnectAsync();
        await first.Observer.OpenedAsync();
        first.Server.Stop();

        await using TestServer second = new(new() { EndPoint = first.EndPoint, Echo = true });
        Assert.Equal(first.EndPoint, second.EndPoint);
        using Peer peer = await second.ConnectAsync();
        await peer.SendAsync("new");
        Assert.Equal("new", await peer.ReadTextAsync("new"));
    }

    [Fact]
    public async Task A_server_without_connections_stops_at_once()
    {
        for (int round = 0; round < 200; round++)
        {
            StreamServer server = Starting.Bind(new TcpServerOptions()).Started(new TestObserver());
            server.Stop();
            await server.Completion.Soon();
        }
    }

    [Fact]
    public async Task A_peer_sees_the_end_of_the_stream_and_may_still_send()
    {
        await using TestServer server = new(new() { Framing = DelimiterFraming.Line });
        using Peer peer = await server.ConnectAsync();
        await server.Observer.OpenedAsync();
        await peer.SendAsync("before\n");
        Assert.Equal("before", (await server.MessageAsync()).Text);

        server.Server.Stop();

        Assert.Empty(await peer.ReadToEndAsync());
        peer.Dispose();
        Assert.Equal(TcpCloseReason.ServerStopped, (await server.Observer.ClosedAsync()).CloseReason);
        await server.Server.Completion.Soon();
        Assert.Empty(server.Observer.FaultsLeft());
    }

    [Fact]
    public Task What_a_peer_still_sends_after_the_end_of_the_stream_is_received() => Waiting.Within(s_pause, async () =>
    {
        await using TestServer server = new(new() { Framing = DelimiterFraming.Line });
        using Peer peer = await server.ConnectAsync();
        await server.Observer.OpenedAsync();
        Task<byte[]> reading = peer.ReadToEndAsync();

        server.Server.Stop();

        // As long as data arrives, the server gives it a second.
        while (!reading.IsCompleted)
        {
            await peer.SendAsync("more\n");
        }

        await peer.SendAsync("last\n");
        peer.Dispose();
        await server.Server.Completion.Soon();
        Assert.Equal("last", server.Mailbox.PeekAt(server.Mailbox.Count - 1)?.Text);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_peer_that_goes_on_sending_to_an_echo_is_no_fault(bool tls)
    {
        await using TestServer server = new(new() { Echo = true, Tls = tls ? Certificates.Tls : null }, limit: 1, WhenFull.Drop);
        using Peer peer = await server.ConnectAsync();
        Stream stream = await SecureAsync(peer, tls);
        await server.Observer.OpenedAsync();
        Task flooding = Task.Run(async () =>
        {
            byte[] buffer = new byte[1000];
            while (true)
            {
                await stream.WriteAsync(buffer);
            }
        });
        Task<Exception?> flooded = Record.ExceptionAsync(() => flooding);
        await stream.ReadExactlyAsync(new byte[50_000]).Soon();

        await AssertStopsAsync(server);

        Assert.NotNull(await flooded.Soon());
        Assert.Equal(TcpCloseReason.ServerStopped, (await server.Observer.ClosedAsync()).CloseReason);
        Assert.Empty(server.Observer.FaultsLeft());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Peers_that_never_close_do_not_hold_it_up(bool tls)
    {
        await using TestServer server = new(new() { Tls = tls ? Certificates.Tls : null });
        List<Peer> peers = [];
        for (int i = 0; i < 20; i++)
        {
            Peer peer = await server.ConnectAsync();
            peers.Add(peer);
            await SecureAsync(peer, tls);
            await server.Observer.OpenedAsync();
        }

        await AssertStopsAsync(server);

        for (int i = 0; i < peers.Count; i++)
        {
            Assert.Equal(TcpCloseReason.ServerStopped, (await server.Observer.ClosedAsync()).CloseReason);
        }

        peers.ForEach(peer => peer.Dispose());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_peer_that_never_reads_does_not_hold_it_up(bool tls)
    {
        await using TestServer server = new(new() { Replies = [new byte[64 * 1024 * 1024]], Tls = tls ? Certificates.Tls : null });
        using Peer peer = await server.ConnectAsync();
        Stream stream = await SecureAsync(peer, tls);
        TcpConnection connection = await server.Observer.OpenedAsync();
        await stream.WriteAsync("go"u8.ToArray()).Soon();
        await Waiting.Until(() => connection.BytesSent > 0);

        await AssertStopsAsync(server);

        Assert.Same(connection, await server.Observer.ClosedAsync());
        Assert.Equal(TcpCloseReason.ServerStopped, connection.CloseReason);
        Assert.Equal(0, connection.MessagesSent);
    }

    [Fact]
    public Task A_handshake_under_way_does_not_hold_it_up() => Waiting.OneOf(3, async () =>
    {
        await using TestServer server = new(new() { Tls = Certificates.Tls });
        Peer[] silent = [await server.ConnectAsync(), await server.ConnectAsync()];
        using Peer served = await server.ConnectAsync();
        await SecureAsync(served, tls: true);
        await server.Observer.OpenedAsync();

        await AssertStopsAsync(server, TimeSpan.FromSeconds(5)); // a handshake has ten

        Assert.Empty(server.Observer.FaultsLeft());
        Array.ForEach(silent, peer => peer.Dispose());
    });

    [Fact]
    public async Task A_full_sink_that_is_completed_does_not_hold_it_up()
    {
        await using TestServer server = new(new() { Framing = DelimiterFraming.Line }, limit: 1);
        using Peer peer = await server.ConnectAsync();
        TcpConnection connection = await server.Observer.OpenedAsync();
        await peer.SendAsync("a\nb\nc\n");
        await Waiting.Until(() => connection.MessagesReceived == 2);
        server.Mailbox.Complete();

        await AssertStopsAsync(server);

        // The message in hand was received, so it is kept.
        Assert.Equal(["a", "b"], (await server.MessagesAsync(2)).Select(message => message.Text));
    }

    [Fact]
    public async Task Stopping_twice_and_from_many_threads_is_stopping_once()
    {
        await using TestServer server = new(new() { Echo = true });
        using Peer peer = await server.ConnectAsync();
        await server.Observer.OpenedAsync();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(server.Server.Stop))).Soon();

        await server.Server.Completion.Soon();
        await server.Observer.ClosedAsync();
        server.Server.Stop();
    }

    [Fact]
    public async Task Stopping_while_clients_storm_in_ends_every_one()
    {
        for (int round = 0; round < 10; round++)
        {
            await using TestServer server = new(new() { Echo = true });
            bool over = false;
            Task storm = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
            {
                while (!Volatile.Read(ref over))
                {
                    try
                    {
                        using Peer peer = await Peer.ConnectAsync(server.EndPoint);
                        await peer.SendAsync("x");
                        await peer.ReadToEndAsync();
                    }
                    catch (Exception error) when (error is SocketException or IOException)
                    {
                        // Too late: refused, or reset.
                    }
                }
            })));
            await server.Observer.OpenedAsync();

            await AssertStopsAsync(server);
            Volatile.Write(ref over, true);
            await storm.Soon();
            Assert.Equal(0, server.Server.ConnectionCount);
        }
    }

    /// <summary>A listing of the system's sockets may leave one out while others come and go.</summary>
    [Fact]
    public Task A_port_in_use_is_told_with_its_owner() => Waiting.OneOf(3, async () =>
    {
        SocketFaults.DescribeOwner = PortOwner.Describe; // as the module does
        await using TestServer server = new();

        NetLabException fault = Assert.Throws<NetLabException>(() => Starting.Bind(new TcpServerOptions { EndPoint = server.EndPoint }));

        Assert.Equal(FaultKind.PortInUse, fault.Kind);
        Assert.Contains($"Port {server.EndPoint.Port} on 127.0.0.1 is in use", fault.Message, StringComparison.Ordinal);
        if (OperatingSystem.IsLinux())
        {
            Assert.Contains($"(by process {Environment.ProcessId}, ", fault.Message, StringComparison.Ordinal);
        }
    });

    [Fact]
    public void An_address_of_another_machine_is_told()
    {
        // TEST-NET-1 belongs to nobody (RFC 5737).
        IPEndPoint elsewhere = new(IPAddress.Parse("192.0.2.1"), 0);

        NetLabException fault = Assert.Throws<NetLabException>(() => Starting.Bind(new TcpServerOptions { EndPoint = elsewhere }));

        Assert.Equal(FaultKind.AddressNotLocal, fault.Kind);
        Assert.Contains("192.0.2.1", fault.Message, StringComparison.Ordinal);
    }

    private static async Task AssertStopsAsync(TestServer server, TimeSpan? limit = null)
    {
        long start = Stopwatch.GetTimestamp();
        server.Server.Stop();
        await server.Server.Completion.Soon();
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, limit ?? s_stopLimit);
    }

    private static async Task<Stream> SecureAsync(Peer peer, bool tls)
    {
        if (!tls)
        {
            return peer.Stream;
        }

        System.Net.Security.SslStream stream = new(peer.Stream);
        await stream.AuthenticateAsClientAsync(Certificates.ClientOptions).Soon();
        return stream;
    }
}
