using System.Diagnostics;
using System.Net.Sockets;
using PSNetLab.Engine.Capture;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Tcp;
using PSNetLab.Engine.Udp;
using static PSNetLab.NetTranscriptDirection;
using static PSNetLab.NetTranscriptKind;

namespace PSNetLab.Engine.Tests;

/// <summary>What is recorded of real connections and datagrams.</summary>
public class TranscriptTapTests
{
    public static TheoryData<TransportKind> Kinds => [.. TransportPair.Kinds];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Both_ends_record_the_same(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        Transcript client = Record(pair.Client, isServer: false);
        Transcript server = Record(pair.Server, isServer: true);
        byte[] data = new byte[1024 * 1024];
        Random.Shared.NextBytes(data);

        await Task.WhenAll(pair.Client.SendAsync(data, default).AsTask(), pair.Server.ReadExactlyAsync(data.Length)).Soon();
        await Task.WhenAll(pair.Server.SendAsync("answer"u8.ToArray(), default).AsTask(), pair.Client.ReadExactlyAsync(6)).Soon();
        await pair.Client.ShutdownSendAsync(default);
        await pair.Server.DiscardAsync(default).AsTask().Soon();
        await pair.Server.CloseAsync().Soon();
        await pair.Client.DiscardAsync(default).AsTask().Soon();
        await pair.Client.CloseAsync().Soon();

        foreach (NetTranscriptEvent[] events in new[] { client, server }.Select(one => one.Read().ToArray()))
        {
            Assert.Equal(data, Bytes(events, ToServer));
            Assert.Equal("answer"u8.ToArray(), Bytes(events, ToClient));
            Assert.Equal(
                [(Opened, null), (HalfClosed, ToServer), (HalfClosed, ToClient), (Closed, null)],
                events.Where(item => item.Kind != Data).Select(item => (item.Kind, item.Direction)));
            Assert.Equal(kind == TransportKind.Tls, events[0].Detail?.StartsWith("Tls", StringComparison.Ordinal) == true);
            Assert.Equal(events.OrderBy(item => item.Moment), events);
        }

        Assert.Equal(client.Read().First().ClientEndPoint.ToString(), server.Read().First().ClientEndPoint.ToString());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_reset_says_whose_it_is(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        Transcript client = Record(pair.Client, isServer: false);
        Transcript server = Record(pair.Server, isServer: true);
        pair.Client.ResetOnDispose();
        pair.Client.Dispose();
        await Assert.ThrowsAnyAsync<Exception>(() => pair.Server.ReadExactlyAsync(1).Soon());
        await pair.Server.CloseAsync().Soon();
        foreach (Transcript one in new[] { client, server })
        {
            Assert.Equal(
                [(Opened, null), (Reset, ToServer), (Closed, null)], one.Read().Select(item => (item.Kind, item.Direction)));
        }
    }

    [Fact]
    public async Task Nothing_follows_the_end_of_a_stream_or_of_a_connection()
    {
        using TransportPair pair = await TransportPair.CreateAsync(TransportKind.Portable);
        Transcript transcript = Record(pair.Server, isServer: true);
        StreamTap tap = (StreamTap)pair.Server.Tap!;
        long start = tap.Conversation.Start;
        tap.OnReceived("in"u8, start + 100);
        tap.OnSent("out"u8, start + 200);

        // One thread has taken the time, and another one comes before it.
        tap.OnClosed(StreamEnd.Closed, start + 50);
        tap.OnSent("late"u8, start + 40);
        tap.OnReceived("late"u8, start + 40);
        tap.OnReceivedEnd(start + 40);
        tap.OnSentEnd(start + 40);
        tap.NoteFault(null, "late");
        tap.OnClosed(StreamEnd.Reset, start + 300);
        Assert.Equal(
            [(Data, ToServer), (Data, ToClient), (HalfClosed, ToClient), (Closed, null)],
            transcript.Read().Where(item => item.Kind != Opened).Select(item => (item.Kind, item.Direction)));
    }

    [Fact]
    public async Task Threads_that_record_while_another_closes_cannot_come_after_it()
    {
        using TransportPair pair = await TransportPair.CreateAsync(TransportKind.Portable);
        for (int round = 0; round < 200; round++)
        {
            Transcript transcript = Record(pair.Server, isServer: true);
            StreamTap tap = (StreamTap)pair.Server.Tap!;
            using Barrier barrier = new(3);
            Task[] tasks =
            [
                Race(() => tap.OnReceived("in"u8, Stopwatch.GetTimestamp())),
                Race(() => tap.OnSent("out"u8, Stopwatch.GetTimestamp())),
                Race(() => tap.OnClosed(StreamEnd.Closed, Stopwatch.GetTimestamp())),
            ];
            await Task.WhenAll(tasks).Soon();
            NetTranscriptKind[] kinds = [.. transcript.Read().Where(item => item.Direction != ToServer).Select(item => item.Kind)];
            Assert.Equal([HalfClosed, Closed], kinds[^2..]);

            Task Race(Action action) => Task.Factory.StartNew(
                () =>
                {
                    barrier.SignalAndWait();
                    action();
                },
                default,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
        }
    }

    [Fact]
    public async Task A_server_and_a_client_record_each_connection_by_its_number()
    {
        Transcript server = new();
        Transcript client = new();
        await using TestServer echo = new(new() { Echo = true, Framing = DelimiterFraming.Line, Transcript = server });
        using TcpConnection first = await ConnectAsync();
        using TcpConnection second = await ConnectAsync();
        foreach (TcpConnection connection in new[] { first, second })
        {
            await connection.SendAsync($"hi {connection.Id}").Soon();
            Assert.Equal($"hi {connection.Id}", await connection.NextTextAsync());
        }

        foreach (TcpConnection connection in new[] { first, second })
        {
            NetTranscriptEvent[] own = [.. client.Read(matches: one => one.Id == connection.Id)];
            Assert.Equal([(Opened, null), (Data, ToServer), (Data, ToClient)], own.Select(item => (item.Kind, item.Direction)));
            Assert.All(own.Skip(1), item => Assert.Equal($"hi {connection.Id}\n", item.Text));
            NetTranscriptEvent[] others = [.. server.Read().Where(item => item.Client.Equals(connection.Local))];
            Assert.Equal([(Opened, null), (Data, ToServer), (Data, ToClient)], others.Select(item => (item.Kind, item.Direction)));
            Assert.Single(others.Select(item => item.ConnectionId).Distinct());
        }

        async Task<TcpConnection> ConnectAsync() => await TcpConnector.ConnectAsync(
            new() { Port = echo.EndPoint.Port, Framing = DelimiterFraming.Line, Transcript = client }, default).Soon();
    }

    [Fact]
    public async Task Datagrams_are_recorded_as_a_conversation_for_each_peer()
    {
        Transcript server = new();
        await using TestUdpServer echo = new(new() { Echo = true, Transcript = server });
        using UdpClient one = Datagrams.NewPeer(echo.EndPoint);
        using UdpClient other = Datagrams.NewPeer(echo.EndPoint);
        foreach (UdpClient peer in new[] { one, other, one })
        {
            await peer.SendTextAsync("hi");
            Assert.Equal("hi", await peer.NextTextAsync());
        }

        await Waiting.Until(() => server.Next == 9);
        ILookup<int, NetTranscriptEvent> conversations = server.Read().ToLookup(item => item.ConnectionId);
        Assert.Equal(
            [(one.Client.LocalEndPoint!.ToString(), 5), (other.Client.LocalEndPoint!.ToString(), 3)],
            conversations.Select(items => (items.First().ClientEndPoint.ToString(), items.Count())));
        Assert.All(conversations, items => Assert.Equal(
            [(Opened, null), (Data, ToServer), (Data, ToClient)], items.Take(3).Select(item => (item.Kind, item.Direction))));
    }

    [Fact]
    public async Task A_sender_of_datagrams_records_its_answers()
    {
        Transcript transcript = new();
        await using TestUdpServer echo = new(new() { Echo = true });
        using UdpSender sender = UdpSender.Open(
            new() { Remote = echo.EndPoint, Transcript = transcript, Replies = new(10, WhenFull.Drop) });
        await sender.SendAsync([], default);
        await Waiting.Until(() => transcript.Next == 4);
        Assert.Equal([(Opened, null), (Data, ToServer), (Data, ToClient)], transcript.Read().Select(item => (item.Kind, item.Direction)));
        Assert.All(transcript.Read(), item => Assert.Equal((NetTranscriptProtocol.Udp, 0L), (item.Protocol, item.Length)));
    }

    private static Transcript Record(Transport transport, bool isServer)
    {
        Transcript transcript = new();
        StreamTap.Attach(transcript, transport, isServer);
        return transcript;
    }

    private static byte[] Bytes(NetTranscriptEvent[] events, NetTranscriptDirection direction)
        => [.. events.Where(item => item.Direction == direction && item.Bytes is not null).SelectMany(item => item.Bytes!)];
}
