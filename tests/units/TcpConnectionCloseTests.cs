using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Tests;

/// <summary>A connection that is closed loses nothing that was sent, and keeps nothing open for long.</summary>
public class TcpConnectionCloseTests
{
    private static readonly byte[] s_message = NewMessage();

    // How long a closed connection waits for its peer.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private static readonly (bool Portable, SslProtocols Protocol, bool IsServer)[] s_ways =
    [
        .. from portable in new[] { false, true }
           from protocol in new[] { SslProtocols.None, SslProtocols.Tls12, SslProtocols.Tls13 }
           from isServer in protocol == SslProtocols.None ? new[] { false } : [false, true]
           select (portable, protocol, isServer),
    ];

    /// <summary>Portable or not, the version of TLS, and whether this side is the server under it.</summary>
    public static TheoryData<bool, SslProtocols, bool> Ways
    {
        get
        {
            TheoryData<bool, SslProtocols, bool> ways = [];
            Array.ForEach(s_ways, way => ways.Add(way.Portable, way.Protocol, way.IsServer));
            return ways;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public Task What_was_sent_arrives_though_the_replies_are_not_read(bool portable, SslProtocols protocol, bool isServer)
        => Waiting.Within(s_patience, async () =>
        {
            for (int round = 0; round < 5; round++)
            {
                (TcpConnection connection, Stream peer) = await ConnectAsync(portable, protocol, isServer);
                await using (peer)
                {
                    await peer.WriteAsync("a reply that nobody reads"u8.ToArray()).Soon();
                    Task sending = connection.SendAsync(s_message);
                    byte[] received = new byte[s_message.Length];
                    await peer.ReadExactlyAsync(received.AsMemory(0, 1000)).Soon();
                    await sending.Soon();

                    connection.Close(TcpCloseReason.LocalClosed);

                    await peer.ReadExactlyAsync(received.AsMemory(1000)).Soon();
                    Assert.Equal(s_message, received);
                    Assert.Equal(0, await peer.ReadAsync(received).Soon());
                    await peer.WriteAsync("and another one"u8.ToArray()).Soon();
                }

                await connection.Ended.Soon();
            }
        });

    [Theory]
    [MemberData(nameof(Ways))]
    public Task A_peer_that_has_to_send_before_it_reads_gets_everything(bool portable, SslProtocols protocol, bool isServer)
        => Waiting.Within(s_patience, async () =>
        {
            (TcpConnection connection, Stream peer) = await ConnectAsync(portable, protocol, isServer);
            await using (peer)
            {
                Task<int> echoing = Task.Run(async () =>
                {
                    byte[] buffer = new byte[100_000];
                    int total = 0;
                    while (await peer.ReadAsync(buffer) is > 0 and int count)
                    {
                        total += count;
                        await peer.WriteAsync(buffer.AsMemory(0, count));
                    }

                    return total;
                });
                Task sending = connection.SendAsync(s_message);
                await sending.Soon();

                connection.Close(TcpCloseReason.LocalClosed);

                Assert.Equal(s_message.Length, await echoing.Soon());
            }

            await connection.Ended.Soon();
        });

    [Fact]
    public async Task A_peer_that_never_closes_is_not_waited_for_long() => await Task.WhenAll(s_ways.Select(async way =>
    {
        (TcpConnection connection, Stream peer) = await ConnectAsync(way.Portable, way.Protocol, way.IsServer);
        await using (peer)
        {
            Socket socket = connection.Socket;
            connection.Close(TcpCloseReason.LocalClosed);
            Assert.Equal(TcpConnectionState.Closed, connection.State);
            Assert.False(connection.Ended.IsCompleted);

            await connection.Ended.Soon();

            Assert.True(socket.SafeHandle.IsClosed);
        }
    }));

    [Fact]
    public async Task A_peer_that_never_stops_sending_is_not_waited_for_long() => await Task.WhenAll(s_ways.Select(async way =>
    {
        (TcpConnection connection, Stream peer) = await ConnectAsync(way.Portable, way.Protocol, way.IsServer);
        await using (peer)
        {
            Task flooding = Task.Run(async () =>
            {
                while (true)
                {
                    await peer.WriteAsync(s_message);
                }
            });

            connection.Close(TcpCloseReason.LocalClosed);

            await connection.Ended.Soon();
            await Assert.ThrowsAnyAsync<IOException>(() => flooding.Soon());
        }
    }));

    [Fact]
    public async Task A_silent_peer_whose_replies_are_thrown_away_is_not_waited_for_long() => await Task.WhenAll(s_ways.Select(async way =>
    {
        (TcpConnection connection, Stream peer) = await ConnectAsync(way.Portable, way.Protocol, way.IsServer);
        await using (peer)
        {
            Task discarding = connection.DiscardAsync(CancellationToken.None);
            Assert.False(discarding.IsCompleted);

            connection.Close(TcpCloseReason.LocalClosed);

            await discarding.Soon();
            await connection.Ended.Soon();
        }
    }));

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_server_that_stops_waits_for_nobody(bool portable, SslProtocols protocol, bool isServer)
    {
        (TcpConnection connection, Stream peer) = await ConnectAsync(portable, protocol, isServer);
        await using (peer)
        {
            connection.Close(TcpCloseReason.LocalClosed);
            Assert.False(connection.Ended.IsCompleted);

            connection.Abort();

            await connection.Ended.Soon();
            Assert.Equal(TcpCloseReason.LocalClosed, connection.CloseReason);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_connection_that_cannot_be_reset_is_closed_all_the_same(bool portable, SslProtocols protocol, bool isServer)
    {
        (TcpConnection connection, Stream peer) = await ConnectAsync(portable, protocol, isServer);
        await using (peer)
        {
            Task<TcpMessage?> receiving = connection.ReceiveAsync(CancellationToken.None).AsTask();

            // Then SO_LINGER fails, as it does on macOS when the peer has gone.
            connection.Socket.Dispose();
            connection.Close(TcpCloseReason.LocalReset);

            await Record.ExceptionAsync(() => receiving.Soon());
            Assert.True(receiving.IsCompleted);
            await connection.Ended.Soon();
        }
    }

    private static byte[] NewMessage()
    {
        byte[] message = new byte[800_000];
        new Random(1).NextBytes(message);
        return message;
    }

    private static async Task<(TcpConnection Connection, Stream Peer)> ConnectAsync(bool portable, SslProtocols protocol, bool isServer)
    {
        (Socket own, Socket other) = await TransportPair.ConnectSocketsAsync();
        NetworkStream stream = new(other, ownsSocket: true);
        Transport transport = TransportPair.Open(own, portable);
        if (protocol == SslProtocols.None)
        {
            return (NewConnection(transport), stream);
        }

        SslStream secured = new(stream);
        SslServerAuthenticationOptions server = Certificates.ServerOptions;
        SslClientAuthenticationOptions client = Certificates.ClientOptions;
        server.EnabledSslProtocols = client.EnabledSslProtocols = protocol;
        Task handshake = isServer ? secured.AuthenticateAsClientAsync(client) : secured.AuthenticateAsServerAsync(server);
        TlsTransport tls = await (isServer
            ? TlsTransport.AcceptAsync(transport, server, CancellationToken.None)
            : TlsTransport.ConnectAsync(transport, client, CancellationToken.None)).Soon();
        await handshake.Soon();
        return (NewConnection(tls), secured);

        static TcpConnection NewConnection(Transport transport) => new(transport, RawFraming.Instance, Encoding.UTF8, 1 << 20);
    }
}
