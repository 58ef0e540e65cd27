using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Engine.Tests;

public class TcpConnectorTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("LOCALHOST")]
    public async Task A_server_is_found_by_address_and_by_name(string host)
    {
        await using TestServer server = new(new() { Echo = true, Framing = DelimiterFraming.Line });
        using TcpConnection connection = await ConnectAsync(
            new() { Host = host, Port = server.EndPoint.Port, Framing = DelimiterFraming.Line });

        await connection.SendAsync("hi").Soon();

        Assert.Equal("hi", await connection.NextTextAsync());
        Assert.Equal(server.EndPoint, connection.Remote);
        Assert.Equal(TcpConnectionState.Established, connection.State);
        Assert.Null(connection.Tls);
    }

    [Theory]
    [InlineData("::1")]
    [InlineData("[::1]")]
    [InlineData("localhost")]
    public async Task A_server_on_IPv6_is_found(string host)
    {
        if (!Socket.OSSupportsIPv6 || (host == "localhost" && !Dns.GetHostAddresses(host).Contains(IPAddress.IPv6Loopback)))
        {
            return;
        }

        await using TestServer server = new(new() { EndPoint = new IPEndPoint(IPAddress.IPv6Loopback, 0) });
        using TcpConnection connection = await ConnectAsync(new() { Host = host, Port = server.EndPoint.Port });
        Assert.Equal(server.EndPoint, connection.Remote);
    }

    [Fact]
    public async Task Options_reach_the_socket()
    {
        await using TestServer server = new();
        IPEndPoint local = new(IPAddress.Loopback, 0);

        using TcpConnection plain = await ConnectAsync(new() { Port = server.EndPoint.Port, Host = "127.0.0.1" });
        using TcpConnection tuned = await ConnectAsync(
            new() { Port = server.EndPoint.Port, NoDelay = true, KeepAlive = true, LocalEndPoint = local });

        Assert.False(plain.Socket.NoDelay);
        Assert.True(tuned.Socket.NoDelay);
        Assert.Equal(0, plain.Socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive));
        Assert.NotEqual(0, tuned.Socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive));
        Assert.Equal(IPAddress.Loopback, tuned.Local.Address);
    }

    [Fact]
    public async Task A_refusal_names_each_address_of_the_name()
    {
        using ClosedPort closed = new();
        IPAddress[] addresses = await Dns.GetHostAddressesAsync("localhost");

        NetLabException fault = await FaultAsync(new() { Host = "localhost", Port = closed.Port });

        Assert.Equal(FaultKind.ConnectionRefused, fault.Kind);
        Assert.Contains($"Cannot connect to localhost:{closed.Port}", fault.Message, StringComparison.Ordinal);
        Assert.All(addresses, address => Assert.Contains(
            $"{new IPEndPoint(address, closed.Port)} (refused", fault.Message, StringComparison.Ordinal));
        Assert.Contains("Check that the server is running", fault.Message, StringComparison.Ordinal);
        Assert.IsAssignableFrom<SocketException>(fault.InnerException);
    }

    [Theory]
    [InlineData("no.such.host.")]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a..b")]
    public async Task A_name_without_address_is_told(string name)
    {
        // A label over 63 characters (RFC 1035, section 2.3.4) is refused without asking any name server.
        string host = name.EndsWith('.') ? name + new string('x', 64) : name;

        NetLabException fault = await FaultAsync(new() { Host = host, Port = 1 });

        Assert.Equal(FaultKind.HostNotFound, fault.Kind);
        Assert.Contains($"'{host}'", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("127.0.0.010")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("127.0.0.0x1")]
    [InlineData("0X7F000001")]
    [InlineData("127.0.0.256")]
    [InlineData("[::1]:80")]
    [InlineData("::ffff:127.0.0.01")]
    [InlineData("::1%no-such-interface")]
    public async Task What_inet_aton_or_nobody_takes_for_an_address_is_not_looked_up(string host)
    {
        NetLabException fault = await FaultAsync(new() { Host = host, Port = 1 });

        Assert.Equal(FaultKind.InvalidAddress, fault.Kind);
        Assert.Contains($"'{host}' is neither a name nor an address", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_over_255_characters_is_told()
        => Assert.Equal(FaultKind.HostNotFound, (await FaultAsync(new() { Host = new string('a', 300), Port = 1 })).Kind);

    [LinuxFact]
    public Task A_listener_that_accepts_nobody_is_a_timeout() => TimeSpan.FromSeconds(0.2).Patiently(async limit =>
    {
        using FullListener listener = await FullListener.CreateAsync();

        NetLabException fault = await FaultAsync(new() { Host = "127.0.0.1", Port = listener.Port, Timeout = limit });

        Assert.Equal(FaultKind.ConnectTimeout, fault.Kind);
        Assert.Contains($"127.0.0.1:{listener.Port} (no answer in time)", fault.Message, StringComparison.Ordinal);
        Assert.Contains(TimeText.Seconds(limit), fault.Message, StringComparison.Ordinal);
    });

    [LinuxFact]
    public async Task Cancelling_is_no_fault()
    {
        using FullListener listener = await FullListener.CreateAsync();
        using CancellationTokenSource source = new();
        Task connecting = TcpConnector.ConnectAsync(new() { Host = "127.0.0.1", Port = listener.Port }, source.Token);
        Assert.False(connecting.IsCompleted);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.Soon());
    }

    [Fact]
    public async Task A_token_cancelled_before_is_no_fault()
        => await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => TcpConnector.ConnectAsync(new() { Host = "127.0.0.1", Port = 1 }, new CancellationToken(canceled: true)).Soon());

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public async Task Hardly_any_time_is_a_timeout_or_enough(string host)
    {
        await using TestServer server = new(new() { MaxConnections = 1000 });
        for (int round = 0; round < 100; round++)
        {
            try
            {
                (await ConnectAsync(
                    new() { Host = host, Port = server.EndPoint.Port, Timeout = TimeSpan.FromMicroseconds(round * 20) })).Dispose();
            }
            catch (NetLabException fault)
            {
                Assert.Equal(FaultKind.ConnectTimeout, fault.Kind);
            }
        }
    }

    [Fact]
    public async Task A_local_end_point_that_cannot_be_used_is_told()
    {
        await using TestServer server = new();
        using Socket holder = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        holder.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        holder.Listen(1);
        TcpConnectOptions options = new() { Host = "127.0.0.1", Port = server.EndPoint.Port };

        NetLabException inUse = await FaultAsync(options with { LocalEndPoint = (IPEndPoint)holder.LocalEndPoint! });
        NetLabException elsewhere = await FaultAsync(options with { LocalEndPoint = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0) });

        Assert.Equal(FaultKind.PortInUse, inUse.Kind);
        Assert.Equal(FaultKind.AddressNotLocal, elsewhere.Kind);
        Assert.All([inUse, elsewhere], fault => Assert.Contains("-LocalEndPoint", fault.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public async Task Over_TLS_messages_go_both_ways(string host)
    {
        await using TestServer server = new(new() { Echo = true, Framing = DelimiterFraming.Line, Tls = Certificates.Tls });
        TcpConnectOptions options =
            new() { Host = host, Port = server.EndPoint.Port, Framing = DelimiterFraming.Line,
                Tls = new() { SkipCertificateCheck = true } };
        using TcpConnection connection = await ConnectAsync(options);

        await connection.SendAsync("secret").Soon();

        Assert.Equal("secret", await connection.NextTextAsync());
        Assert.NotNull(connection.Tls);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("another.example")]
    public async Task A_certificate_nobody_trusts_is_rejected_with_words(string? target)
    {
        await using TestServer server = new(new() { Tls = Certificates.Tls });

        NetLabException fault = await FaultAsync(new() { Port = server.EndPoint.Port, Tls = new() { TargetHost = target } });

        Assert.Equal(FaultKind.CertificateRejected, fault.Kind);
        Assert.Contains("-SkipCertificateCheck", fault.Message, StringComparison.Ordinal);
        Assert.Equal(target is not null, fault.Message.Contains(
            "it is for localhost, 127.0.0.1, ::1, not for another.example", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_speaks_no_TLS_is_told()
    {
        await using TestServer server = new(new() { Replies = ["I do not speak TLS, and never will"u8.ToArray()] });

        NetLabException fault = await FaultAsync(new() { Port = server.EndPoint.Port, Tls = new() { SkipCertificateCheck = true } });

        Assert.Equal(FaultKind.TlsHandshakeFailed, fault.Kind);
    }

    [Fact]
    public Task A_server_silent_in_the_handshake_is_a_timeout() => TimeSpan.FromSeconds(0.3).Patiently(async limit =>
    {
        await using TestServer server = new();

        NetLabException fault = await FaultAsync(new() { Port = server.EndPoint.Port, Tls = new(), Timeout = limit });

        Assert.Equal(FaultKind.ConnectTimeout, fault.Kind);
        Assert.Contains("TLS handshake", fault.Message, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData("this is no TLS record")]
    [InlineData("")]
    public Task A_failed_handshake_leaves_no_connection_behind(string answer) => TimeSpan.FromSeconds(0.5).Patiently(async limit =>
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        TcpConnectOptions options = new() { Host = "127.0.0.1", Port = ((IPEndPoint)listener.LocalEndPoint!).Port, Tls = new() };
        Task<Socket> accepting = listener.AcceptAsync();
        Task<NetLabException> failing = FaultAsync(options with { Timeout = limit });
        await Task.WhenAny(accepting, failing);
        Assert.True(accepting.IsCompleted);
        using Peer peer = new(await accepting);

        await peer.SendAsync(answer);

        await failing;
        await peer.ReadToEndAsync();
    });

    private static Task<TcpConnection> ConnectAsync(TcpConnectOptions options)
        => TcpConnector.ConnectAsync(options, CancellationToken.None).Soon();

    private static Task<NetLabException> FaultAsync(TcpConnectOptions options)
        => Assert.ThrowsAsync<NetLabException>(() => ConnectAsync(options));

    /// <summary>A listener whose queue is full: the system lets further connections wait without an answer.</summary>
    private sealed class FullListener : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly Socket _client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        internal int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

        internal static async Task<FullListener> CreateAsync()
        {
            FullListener full = new();
            full._listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            full._listener.Listen(0);

            // Of the connections that nobody accepts, Linux lets one in.
            await full._client.ConnectAsync(full._listener.LocalEndPoint!).Soon();
            await Waiting.Until(() => full._listener.Poll(0, SelectMode.SelectRead));
            return full;
        }

        public void Dispose()
        {
            _client.Dispose();
            _listener.Dispose();
        }
    }
}
