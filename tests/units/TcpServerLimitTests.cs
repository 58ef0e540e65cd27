using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

/// <summary>Who is let in, how many, and for how long without a word.</summary>
public class TcpServerLimitTests
{
    [Fact]
    public async Task Connections_over_the_limit_are_refused_and_told_once_per_run()
    {
        await using TestServer server = new(new() { MaxConnections = 2, Echo = true });
        Peer first = await server.ConnectAsync();
        using Peer second = await server.ConnectAsync();
        await server.Observer.OpenedAsync();
        await server.Observer.OpenedAsync();

        await AssertRefusedAsync(server, 3);

        (NetLabException fault, EndPoint target) = await server.Observer.FaultAsync();
        Assert.Equal(FaultKind.TooManyConnections, fault.Kind);
        Assert.Equal(server.EndPoint, target);
        Assert.Contains("2 connections", fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, server.Observer.FaultCount);
        Assert.Equal(3, server.Server.Refused);
        await second.SendAsync("still here");
        Assert.Equal("still here", await second.ReadTextAsync("still here"));

        first.Dispose();
        await server.Observer.ClosedAsync();
        using Peer third = await ConnectWhenThereIsRoomAsync(server);
        await AssertRefusedAsync(server, 2);

        Assert.Equal(FaultKind.TooManyConnections, (await server.Observer.FaultAsync()).Fault.Kind);
        Assert.Equal(0, server.Observer.FaultCount);
    }

    [Fact]
    public async Task Who_is_not_allowed_is_closed_and_counted()
    {
        await using TestServer server = new(new() { Filter = new AddressFilter(null, ["127.0.0.0/8"]) });

        using Peer peer = await server.ConnectAsync();

        Assert.Empty(await peer.ReadToEndAsync());
        Assert.Equal(peer.Socket.LocalEndPoint, await server.Observer.RefusedAsync());
        Assert.Equal(1, server.Server.Refused);
        Assert.Equal(0, server.Server.ConnectionCount);
        Assert.Empty(server.Observer.FaultsLeft());
    }

    [Fact]
    public async Task Who_is_allowed_is_served()
    {
        await using TestServer server = new(new() { Filter = new AddressFilter(["127.0.0.1"], null), Echo = true });
        using Peer peer = await server.ConnectAsync();
        await peer.SendAsync("hi");
        Assert.Equal("hi", await peer.ReadTextAsync("hi"));
    }

    [Fact]
    public async Task An_idle_connection_is_closed_and_told_once()
    {
        await using TestServer server = new(new() { IdleTimeout = TimeSpan.FromMilliseconds(200) });
        using Peer peer = await server.ConnectAsync();

        TcpConnection closed = await server.Observer.ClosedAsync();
        (NetLabException fault, EndPoint target) = await server.Observer.FaultAsync();

        Assert.Empty(await peer.ReadToEndAsync());
        Assert.Equal(TcpCloseReason.IdleTimeout, closed.CloseReason);
        Assert.Equal(FaultKind.IdleTimeout, fault.Kind);
        Assert.Equal(closed.Remote, target);
        Assert.Contains("0.2 s", fault.Message, StringComparison.Ordinal);
        await AnotherIsClosedAsIdleAsync(server);
        Assert.Single(server.Observer.FaultsLeft());
    }

    [Fact]
    public Task A_connection_held_back_by_this_side_is_not_idle() => TimeSpan.FromSeconds(0.2).Patiently(async limit =>
    {
        await using TestServer server = new(
            new() { Framing = DelimiterFraming.Line, IdleTimeout = limit }, limit: 1);
        using Peer peer = await server.ConnectAsync();
        TcpConnection connection = await server.Observer.OpenedAsync();
        await peer.SendAsync("a\nb\nc\n");
        await Waiting.Until(() => connection.MessagesReceived == 2);

        await AnotherIsClosedAsIdleAsync(server);

        Assert.Equal(TcpConnectionState.Established, connection.State);
        Assert.Equal(["a", "b", "c"], (await server.MessagesAsync(3)).Select(message => message.Text));
    });

    [Fact]
    public Task A_connection_whose_handler_is_at_work_is_not_idle() => TimeSpan.FromSeconds(0.2).Patiently(async limit =>
    {
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        async ValueTask<IReadOnlyList<byte[]>> Handle(TcpMessage message)
        {
            await release.Task;
            return [message.Bytes];
        }

        await using TestServer server =
            new(new() { Framing = DelimiterFraming.Line, IdleTimeout = limit, Handler = Answers.OfTcp(Handle) });
        using Peer peer = await server.ConnectAsync();
        await server.Observer.OpenedAsync();
        await peer.SendAsync("a\n");
        await server.MessageAsync();

        await AnotherIsClosedAsIdleAsync(server);

        release.SetResult();
        Assert.Equal("a\n", await peer.ReadTextAsync("a\n"));
    });

    [Fact]
    public Task A_peer_that_reads_slowly_is_not_idle() => TimeSpan.FromSeconds(1).Patiently(async limit =>
    {
        const int Length = 48 * 1024 * 1024;
        await using TestServer server = new(new() { Replies = [new byte[Length]], IdleTimeout = limit });
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 64 * 1024 };
        await socket.ConnectAsync(server.EndPoint).Soon();
        using Peer peer = new(socket);
        await server.Observer.OpenedAsync();
        await peer.SendAsync("go");
        int received = 0;

        Task another = AnotherIsClosedAsIdleAsync(server);
        while (!another.IsCompleted && received < Length)
        {
            received += (await peer.ReadAsync(128 * 1024)).Length;
            await Task.WhenAny(another, Task.Delay(limit / 100));
        }

        await another;
        Assert.True(received < Length);
        await peer.ReadAsync(Length - received);
    });

    [Fact]
    public async Task Garbage_instead_of_a_handshake_is_survived()
    {
        await using TestServer server = new(new() { Echo = true, Tls = Certificates.Tls });
        using Peer silent = await server.ConnectAsync();
        foreach (string garbage in new[] { "GET / HTTP/1.1\r\n\r\n", "\u0016\u0003\u0001\0\u0004zzzz", "\0\0\0\0\0\0\0\0" })
        {
            using Peer peer = await server.ConnectAsync();
            await peer.SendAsync(garbage);
            await peer.ReadToEndAsync();

            (NetLabException fault, EndPoint target) = await server.Observer.FaultAsync();
            Assert.Equal(FaultKind.TlsHandshakeFailed, fault.Kind);
            Assert.Equal(peer.Socket.LocalEndPoint, target);
        }

        Peer gone = await server.ConnectAsync();
        gone.Reset();
        Assert.Equal(FaultKind.TlsHandshakeFailed, (await server.Observer.FaultAsync()).Fault.Kind);

        using Peer good = await server.ConnectAsync();
        await using SslStream stream = new(good.Stream);
        await stream.AuthenticateAsClientAsync(Certificates.ClientOptions).Soon();
        await stream.WriteAsync("hi"u8.ToArray()).Soon();
        byte[] answer = new byte[2];
        await stream.ReadExactlyAsync(answer).Soon();
        Assert.Equal("hi"u8.ToArray(), answer);
    }

    [Fact]
    public async Task Garbage_after_the_handshake_fails_that_connection_only()
    {
        await using TestServer server = new(new() { Echo = true, Tls = Certificates.Tls });
        using Peer peer = await server.ConnectAsync();
        SslStream stream = new(peer.Stream, leaveInnerStreamOpen: true);
        await stream.AuthenticateAsClientAsync(Certificates.ClientOptions).Soon();
        await server.Observer.OpenedAsync();

        await peer.SendAsync("this is no TLS record at all");

        TcpConnection closed = await server.Observer.ClosedAsync();
        Assert.Contains(closed.CloseReason, new[] { TcpCloseReason.TlsFailed, TcpCloseReason.Failed });
        Assert.NotEmpty((await server.Observer.FaultAsync()).Fault.Message);
        Assert.Null(server.Server.Completion.Exception);
        Assert.False(server.Server.Completion.IsCompleted);
    }

    /// <summary>
    /// The clock of the idle tests: when this returns, connections that were silent before have been silent for too long.
    /// </summary>
    private static async Task AnotherIsClosedAsIdleAsync(TestServer server)
    {
        using Peer another = await server.ConnectAsync();
        TcpConnection opened = await server.Observer.OpenedAsync();
        while (opened.Remote.Port != ((IPEndPoint)another.Socket.LocalEndPoint!).Port)
        {
            opened = await server.Observer.OpenedAsync();
        }

        Assert.Same(opened, await server.Observer.ClosedAsync());
        Assert.Equal(TcpCloseReason.IdleTimeout, opened.CloseReason);
    }

    private static async Task AssertRefusedAsync(TestServer server, int count)
    {
        for (int i = 0; i < count; i++)
        {
            using Peer peer = await server.ConnectAsync();
            Assert.Empty(await peer.ReadToEndAsync());
        }
    }

    /// <summary>The place of a closed connection is free a little after it was told to be closed.</summary>
    private static async Task<Peer> ConnectWhenThereIsRoomAsync(TestServer server)
    {
        while (true)
        {
            Peer peer = await server.ConnectAsync();
            try
            {
                await peer.SendAsync("x");
                await peer.ReadAsync(1);
                return peer;
            }
            catch (IOException)
            {
                peer.Dispose();
            }
        }
    }
}
