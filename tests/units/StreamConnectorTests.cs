using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Tests;

public sealed class StreamConnectorTests
{
    [Fact]
    public async Task Each_attempt_has_its_outcome()
    {
        using Socket listener = StreamListener.Bind(new IPEndPoint(IPAddress.Loopback, 0), 5);
        EndPoint open = listener.LocalEndPoint!;
        using ClosedPort port = new();
        EndPoint closed = port.EndPoint;

        (Transport? socket, IReadOnlyList<ConnectAttempt> attempts) =
            await StreamConnector.ConnectAsync([closed, open], null, Timeout.InfiniteTimeSpan, CancellationToken.None).Soon();

        using (socket)
        {
            Assert.Equal(open, socket!.RemoteEndPoint);
        }

        Assert.Equal([closed, open], attempts.Select(attempt => attempt.EndPoint));
        Assert.Equal(SocketError.ConnectionRefused, Assert.IsAssignableFrom<SocketException>(attempts[0].Error).SocketErrorCode);
        Assert.Null(attempts[1].Error);
        Assert.All(attempts, attempt => Assert.InRange(attempt.Duration, TimeSpan.FromTicks(1), Waiting.Limit));
    }

    [Fact]
    public async Task Without_an_open_address_there_are_only_attempts()
    {
        using ClosedPort one = new();
        using ClosedPort other = new();

        (Transport? socket, IReadOnlyList<ConnectAttempt> attempts) =
            await StreamConnector.ConnectAsync(
                [one.EndPoint, other.EndPoint], null, Timeout.InfiniteTimeSpan, CancellationToken.None).Soon();

        Assert.Null(socket);
        Assert.Equal(2, attempts.Count);
    }

    [LinuxFact]
    public async Task A_limit_ends_the_attempts_and_tries_no_further_address()
    {
        // With its backlog full, Linux lets further connections wait.
        using Socket full = StreamListener.Bind(new IPEndPoint(IPAddress.Loopback, 0), 0);
        using Socket first = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await first.ConnectAsync(full.LocalEndPoint!).Soon();
        using ClosedPort closed = new();

        // Long enough to begin the first attempt, and no longer than until the second one.
        await Waiting.OneOf(5, async () =>
        {
            using CancellationTokenSource limit = new(TimeSpan.FromMilliseconds(100));
            (Transport? socket, IReadOnlyList<ConnectAttempt> attempts) = await StreamConnector.ConnectAsync(
                [full.LocalEndPoint!, closed.EndPoint], null, Timeout.InfiniteTimeSpan, limit.Token).Soon();

            Assert.Null(socket);
            Assert.IsAssignableFrom<OperationCanceledException>(Assert.Single(attempts).Error);
        });
    }

    /// <summary>For the timers of the runtime, a little less than no time is no limit, or an error.</summary>
    [LinuxTheory]
    [InlineData(-1.5)]
    [InlineData(-1000)]
    public async Task Time_that_is_over_already_is_a_limit(double milliseconds)
    {
        using Socket full = StreamListener.Bind(new IPEndPoint(IPAddress.Loopback, 0), 0);
        using Socket first = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await first.ConnectAsync(full.LocalEndPoint!).Soon();

        using ClosedPort closed = new();

        (Transport? socket, IReadOnlyList<ConnectAttempt> attempts) = await StreamConnector.ConnectAsync(
            [full.LocalEndPoint!, closed.EndPoint], null, TimeSpan.FromMilliseconds(milliseconds), CancellationToken.None).Soon();

        Assert.Null(socket);
        Assert.Equal(SocketError.TimedOut, Assert.IsAssignableFrom<SocketException>(Assert.Single(attempts).Error).SocketErrorCode);
    }

    /// <summary>Servers print 0.0.0.0 as the address they listen on, and so people type it.</summary>
    [LinuxFact]
    public Task A_connection_to_itself_is_none_whatever_it_was_asked_for() => Waiting.OneOf(5, async () =>
    {
        // From here on it is free for everybody.
        int port;
        using (ClosedPort closed = new())
        {
            port = closed.Port;
        }

        (Transport? socket, ConnectAttempt attempt) = await StreamConnector.TryAsync(
            new IPEndPoint(IPAddress.Any, port), new IPEndPoint(IPAddress.Loopback, port), Waiting.Limit, CancellationToken.None).Soon();

        Assert.Null(socket);
        Assert.Same(StreamConnector.ToItself, attempt.Error);
    });

    /// <summary>As balancers do without a service behind them. When connect(2) has returned, the other end may be gone already.</summary>
    [LinuxFact]
    public async Task A_connection_that_is_reset_at_once_is_one_or_an_error()
    {
        using Socket listener = StreamListener.Bind(new IPEndPoint(IPAddress.Loopback, 0), 512);
        using CancellationTokenSource over = new();
        Task resetting = Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                using Socket accepted = await listener.AcceptAsync(over.Token);
                accepted.LingerState = new LingerOption(true, 0);
            }
        })));

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 1500; i++)
            {
                (Transport? socket, ConnectAttempt attempt) = await StreamConnector.TryAsync(
                    listener.LocalEndPoint!, null, Waiting.Limit, CancellationToken.None).Soon();
                Assert.Equal(attempt.Error is null ? listener.LocalEndPoint : null, socket?.RemoteEndPoint);
                socket?.Dispose();
            }
        })));

        await over.CancelAsync();
        await Task.WhenAny(resetting).Soon();
    }

    [LinuxFact]
    public async Task A_handle_whose_connection_has_been_reset_is_none()
    {
        using Socket listener = StreamListener.Bind(new IPEndPoint(IPAddress.Loopback, 0), 5);
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.LocalEndPoint!).Soon();
        using (Socket accepted = await listener.AcceptAsync().Soon())
        {
            accepted.LingerState = new LingerOption(true, 0);
        }

        await Assert.ThrowsAsync<SocketException>(() => socket.ReceiveAsync(new byte[1]).Soon());

        Assert.Null(StreamSocket.Connected(new SafeSocketHandle(socket.Handle, ownsHandle: false)));
    }
}
