using System.Net.Sockets;
using System.Security.Cryptography;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Tests;

public class TransportTests
{
    public static TheoryData<TransportKind> Kinds => new(TransportPair.Kinds);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Random_data_in_random_chunks_both_ways_at_once(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        byte[] there = RandomBytes(4_000_000, seed: 1);
        byte[] back = RandomBytes(3_000_000, seed: 2);

        Task sending = Task.WhenAll(SendAllAsync(pair.Client, there, seed: 3), SendAllAsync(pair.Server, back, seed: 4));
        Random random = new(5);
        Task<byte[]> atServer = pair.Server.ReadToEndAsync(() => random.Next(1, 100_000));
        Task<byte[]> atClient = pair.Client.ReadToEndAsync();

        await sending.Soon();
        Assert.Equal(SHA256.HashData(there), SHA256.HashData(await atServer.Soon()));
        Assert.Equal(SHA256.HashData(back), SHA256.HashData(await atClient.Soon()));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Echo_of_random_data(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        byte[] data = RandomBytes(3_000_000, seed: 6);
        Task echoing = Task.Run(async () =>
        {
            while (await pair.Server.ReadSomeAsync(50_000) is { Length: > 0 } some)
            {
                await pair.Server.SendAsync(some, CancellationToken.None);
            }

            await pair.Server.ShutdownSendAsync(default);
        });

        Task<byte[]> reading = pair.Client.ReadToEndAsync(() => 65_536);
        await SendAllAsync(pair.Client, data, seed: 7).Soon();

        Assert.Equal(SHA256.HashData(data), SHA256.HashData(await reading.Soon()));
        await echoing.Soon();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Reads_of_one_byte_get_everything(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        byte[] data = RandomBytes(20_000, seed: 8);

        Task<byte[]> reading = pair.Server.ReadToEndAsync(() => 1);
        await SendAllAsync(pair.Client, data, seed: 9).Soon();

        Assert.Equal(data, await reading.Soon());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_end_of_the_stream_comes_after_the_data_and_stays(TransportKind kind)
    {
        for (int round = 0; round < 50; round++)
        {
            using TransportPair pair = await TransportPair.CreateAsync(kind);
            byte[] data = RandomBytes(round * 1000, seed: round);
            await pair.Client.SendAsync(data, CancellationToken.None).Soon();
            await pair.Client.ShutdownSendAsync(default).Soon();

            Assert.Equal(data, await pair.Server.ReadToEndAsync(() => 4096).Soon());
            for (int i = 0; i < 3; i++)
            {
                Assert.Empty(await pair.Server.ReadSomeAsync().Soon());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task After_a_half_close_the_other_way_still_works(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        await pair.Client.ShutdownSendAsync(default).Soon();
        Assert.Empty(await pair.Server.ReadSomeAsync().Soon());

        byte[] data = RandomBytes(500_000, seed: 10);
        Task<byte[]> reading = pair.Client.ReadToEndAsync();
        await SendAllAsync(pair.Server, data, seed: 11).Soon();

        Assert.Equal(data, await reading.Soon());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_half_close_beside_a_read_breaks_nothing(TransportKind kind)
    {
        // Right after a TLS 1.3 handshake the client still gets session tickets, which must not meet the shutdown.
        for (int round = 0; round < 200; round++)
        {
            using TransportPair pair = await TransportPair.CreateAsync(kind);
            Task<byte[]> answer = pair.Client.ReadToEndAsync();
            Task asking = Task.Run(async () =>
            {
                await pair.Client.SendAsync("ask"u8.ToArray(), CancellationToken.None);
                await pair.Client.ShutdownSendAsync(default);
            });

            Assert.Equal("ask"u8.ToArray(), await pair.Server.ReadToEndAsync().Soon());
            await pair.Server.SendAsync("answer"u8.ToArray(), CancellationToken.None).Soon();
            await pair.Server.ShutdownSendAsync(default).Soon();

            await asking.Soon();
            Assert.Equal("answer"u8.ToArray(), await answer.Soon());
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Nothing_to_read_is_not_the_end(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        Assert.Equal(-1, pair.Server.TryReceive(new byte[10]));

        await pair.Client.SendAsync("x"u8.ToArray(), CancellationToken.None).Soon();
        Assert.Equal("x"u8.ToArray(), await pair.Server.ReadSomeAsync().Soon());
        Assert.Equal(-1, pair.Server.TryReceive(new byte[10]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_follows_an_urgent_byte_is_read(bool portable)
    {
        (Socket peer, Socket socket) = await TransportPair.ConnectSocketsAsync();
        using (peer)
        {
            peer.Send("abc"u8);
            peer.Send("!"u8, SocketFlags.OutOfBand); // as Ctrl+C in Telnet
            peer.Send("def"u8);
            using Transport transport = TransportPair.Open(socket, portable);
            Assert.Equal("abcdef"u8.ToArray(), await transport.ReadExactlyAsync(6).Soon());

            peer.Send("!"u8, SocketFlags.OutOfBand);
            peer.Send("ghi"u8);
            Assert.Equal("ghi"u8.ToArray(), await transport.ReadExactlyAsync(3).Soon());
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_reset_by_the_peer_is_a_connection_reset(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        Task<byte[]> waiting = pair.Server.ReadSomeAsync();
        Assert.False(waiting.IsCompleted);

        pair.Client.Socket.LingerState = new LingerOption(enable: true, seconds: 0);
        pair.Client.Socket.Dispose();

        Exception? error = await Record.ExceptionAsync(() => waiting.Soon());
        Assert.Equal(SocketError.ConnectionReset, TransportReading.SocketErrorIn(error));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Sending_to_a_peer_that_reset_fails(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        Task sending = pair.Server.SendAsync(new byte[64 * 1024 * 1024], CancellationToken.None).AsTask();
        Assert.False(sending.IsCompleted);

        pair.Client.Socket.LingerState = new LingerOption(enable: true, seconds: 0);
        pair.Client.Socket.Dispose();

        Exception? error = await Record.ExceptionAsync(() => sending.Soon());
        Assert.Contains(TransportReading.SocketErrorIn(error), new SocketError?[] { SocketError.ConnectionReset, SocketError.Shutdown });
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Sending_waits_for_a_peer_that_does_not_read_and_goes_on_with_it(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        byte[] data = RandomBytes(48 * 1024 * 1024, seed: 12);
        Task sending = pair.Server.SendAsync(data, CancellationToken.None).AsTask();
        Assert.False(sending.IsCompleted);

        Task<byte[]> reading = pair.Client.ReadExactlyAsync(data.Length);

        await sending.Soon();
        byte[] received = await reading.Soon();
        Assert.True(data.AsSpan().SequenceEqual(received));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Five_hundred_connections_at_once(TransportKind kind)
    {
        const int Connections = 500;
        TransportPair[] pairs = new TransportPair[Connections];
        try
        {
            for (int i = 0; i < Connections; i++)
            {
                pairs[i] = await TransportPair.CreateAsync(kind);
            }

            await Task.WhenAll(pairs.Select((pair, i) => PingPongAsync(pair, i, rounds: 20))).Soon();
        }
        finally
        {
            Array.ForEach(pairs, pair => pair?.Dispose());
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task End_points_are_those_of_the_sockets(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        Assert.Equal(pair.Client.LocalEndPoint, pair.Server.RemoteEndPoint);
        Assert.Equal(pair.Server.LocalEndPoint, pair.Client.RemoteEndPoint);
    }

    private static async Task PingPongAsync(TransportPair pair, int number, int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            byte[] message = RandomBytes(1 + ((number + round) % 500), seed: (number * 100) + round);
            await pair.Client.SendAsync(message, CancellationToken.None).ConfigureAwait(false);
            byte[] there = await pair.Server.ReadExactlyAsync(message.Length).ConfigureAwait(false);
            await pair.Server.SendAsync(there, CancellationToken.None).ConfigureAwait(false);
            Assert.Equal(message, await pair.Client.ReadExactlyAsync(message.Length).ConfigureAwait(false));
        }
    }

    private static async Task SendAllAsync(Transport transport, byte[] data, int seed)
    {
        Random random = new(seed);
        for (int at = 0; at < data.Length;)
        {
            int count = Math.Min(data.Length - at, random.Next(1, 200_000));
            int sent = random.Next(2) == 0 ? transport.TrySend(data.AsSpan(at, count)) : 0;
            await transport.SendAsync(data.AsMemory(at + sent, count - sent), CancellationToken.None).ConfigureAwait(false);
            at += count;
        }

        await transport.ShutdownSendAsync(default).ConfigureAwait(false);
    }

    private static byte[] RandomBytes(int count, int seed)
    {
        byte[] data = new byte[count];
        new Random(seed).NextBytes(data);
        return data;
    }
}
