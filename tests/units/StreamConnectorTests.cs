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
        EndPoint closed = Closed();

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
        (Transport? socket, IReadOnlyList<ConnectAttempt> attempts) =
            await StreamConnector.ConnectAsync([Closed(), Closed()], null, Timeout.InfiniteTimeSpan, CancellationToken.None).Soon();

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
        using CancellationTokenSource limit = new(TimeSpan.FromMilliseconds(100));

        (Transport? socket, IReadOnlyList<ConnectAttempt> attempts) =
            await StreamConnector.ConnectAsync([full.LocalEndPoint!, Closed()], null, Timeout.InfiniteTimeSpan, limit.Token).Soon();

        Assert.Null(socket);
        Assert.IsAssignableFrom<OperationCanceledException>(Assert.Single(attempts).Error);
    }

    private static EndPoint Closed()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket.LocalEndPoint!;
    }
}
