using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using PSNetLab.Engine.Capture.Replay;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;
using static PSNetLab.NetTranscriptDirection;

namespace PSNetLab.Engine.Tests;

/// <summary>Recorded conversations that are played again to real peers.</summary>
public class TranscriptReplayTests
{
    private static readonly ReplayOptions s_compare = new() { Compares = true, Patience = TimeSpan.FromSeconds(10) };

    private static readonly Regex[][] s_ignored = [[], [new Regex("never")]];

    public static TheoryData<NetReplayTiming> Timings => [.. Enum.GetValues<NetReplayTiming>()];

    [Theory]
    [MemberData(nameof(Timings))]
    public async Task The_same_answers_match_however_they_are_sliced(NetReplayTiming timing)
    {
        await using TestServer echo = new(new() { Echo = true });
        byte[] big = WebFolder.Noise(300_000);
        NetTranscriptEvent[] events = new Recorded().Opened().Asks("one").Answers("o").Answers("ne").Asks(big).Answers(big).Closed().Events;
        foreach (Regex[] ignored in s_ignored)
        {
            NetReplayResult result = await PlayAsync(
                echo.EndPoint, events, s_compare with { Timing = timing, Speed = 1000 }, ignored);
            Assert.Null(result.Reason);
            Assert.Null(result.FirstDifference);
            Assert.True(result.Matched);
            Assert.Equal((300_003, 300_003, 300_003), (result.Sent, result.Received, result.Expected));
        }
    }

    [Theory]
    [InlineData("hello world", "hello wOrld", 7, "orld", "Orld")]
    [InlineData("hello world", "hello", 5, " world", "")]
    [InlineData("hello", "hello world", 5, "", " world")]
    [InlineData("", "x", 0, "", "x")]
    public async Task The_first_difference_is_found_at_its_byte(string recorded, string now, int offset, string expected, string got)
    {
        NetTranscriptEvent[] events = new Recorded().Opened().Asks("?").Answers(recorded).Closed().Events;
        foreach (Regex[] ignored in s_ignored)
        {
            NetReplayResult result = await PlayToAsync(now, events, s_compare, ignored);
            Assert.False(result.Matched);
            Assert.Equal(ToClient, result.FirstDifference!.Direction);
            Assert.Equal(
                (offset, expected, got),
                ((int)result.FirstDifference.Offset, result.FirstDifference.ExpectedText, result.FirstDifference.GotText));
        }
    }

    [Theory]
    [InlineData("Date: today\r\nok", "Date: yesterday\r\nok", true)]
    [InlineData("Date: yesterday\r\nok", "Date: now\r\nok", true)]
    [InlineData("Date: today\r\nok", "Date: yesterday\r\nno", false)]
    public async Task What_is_ignored_may_differ_in_length(string recorded, string now, bool matches)
    {
        NetTranscriptEvent[] events = new Recorded().Opened().Asks("?").Answers(recorded).Asks("!").Closed().Events;
        NetReplayResult result = await PlayToAsync(now, events, s_compare, new Regex("Date: [^\r]*"));
        Assert.Null(result.Reason);
        Assert.Equal(2, result.Sent);
        Assert.Equal(matches, result.Matched);
        Assert.Equal(matches ? null : recorded.IndexOf("ok", StringComparison.Ordinal), result.FirstDifference?.Offset);
    }

    [Fact]
    public Task A_peer_that_falls_silent_or_leaves_is_a_result() => TimeSpan.FromSeconds(0.05).Patiently(async limit =>
    {
        NetTranscriptEvent[] events = new Recorded().Opened().Asks("?").Answers("hello").Asks("!").Events;
        NetReplayResult left = await PlayToAsync("hel", events, s_compare);
        Assert.Equal("The peer ended after 3 of 5 bytes.", left.Reason);
        await using TestServer echo = new(new() { Echo = true });
        NetReplayResult silent = await PlayAsync(
            echo.EndPoint, events, s_compare with { Patience = limit });
        Assert.Equal($"The peer sent 1 of 5 bytes, and then nothing for {TimeText.Seconds(limit)}.", silent.Reason);
        Assert.Equal((1, false), (silent.Sent, silent.Matched));
    });

    [Fact]
    public async Task A_peer_that_takes_nothing_is_a_result()
    {
        NetTranscriptEvent[] events = new Recorded().Opened().Asks(new byte[64 * 1024 * 1024]).Events;
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        NetReplayResult result = await PlayAsync(
            (IPEndPoint)listener.LocalEndpoint, events, s_compare with { Patience = TimeSpan.FromMilliseconds(50) });
        Assert.Equal("The peer did not take what was sent for 0.05 s.", result.Reason);
    }

    [Fact]
    public async Task A_peer_that_does_not_take_the_end_of_a_stream_is_a_result()
    {
        using TransportPair pair = await TransportPair.CreateAsync(TransportKind.Tls);
        pair.Client.Socket.Fill();
        ReplayScript script = ReplayScript.Of(new Recorded().Opened().Ends(ToServer).Events, null, ToServer);
        using ReplayRun run = new(
            script, s_compare with { Patience = TimeSpan.FromMilliseconds(50) }, ReplayComparison.Of(script, []), pair.Client);
        NetReplayResult result = await run.RunAsync(default).Soon();
        Assert.Equal("The peer did not take what was sent for 0.05 s.", result.Reason);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_peer_that_never_stops_sending_does_not_hold_it(bool stops)
    {
        (Socket client, Socket server) = await TransportPair.ConnectSocketsAsync();
        using Socket peer = server;
        ReplayScript script = ReplayScript.Of(new Recorded().Opened().Answers("a").Ends(ToClient).Events, null, ToServer);
        TimeSpan patience = stops ? TimeSpan.FromHours(1) : TimeSpan.FromMilliseconds(50);
        using ReplayRun run = new(
            script, s_compare with { Patience = patience }, ReplayComparison.Of(script, []), new EndlessTransport(client));
        using CancellationTokenSource stop = new();
        Task<NetReplayResult> playing = run.RunAsync(stop.Token);
        if (stops)
        {
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => playing.Soon());
        }
        else
        {
            Assert.StartsWith("The peer did not end its stream", (await playing.Soon()).Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_server_is_played_to_the_next_client()
    {
        NetTranscriptEvent[] events = new Recorded().Opened().Answers("220 hi\n").Asks("QUIT\n").Answers("221 bye\n").Ends(ToClient)
            .Note(NetTranscriptKind.Closed).Events;
        ReplayServer server = Bind(events);
        Task<NetReplayResult?> playing = server.RunAsync();
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(server.LocalEndPoint).Soon();
        using Transport transport = Transport.Create(client);
        Assert.Equal("220 hi\n", Encoding.ASCII.GetString(await transport.ReadExactlyAsync(7).Soon()));
        await transport.SendAsync("QUIT\n"u8.ToArray(), default).Soon();
        Assert.Equal("221 bye\n", Encoding.ASCII.GetString(await transport.ReadToEndAsync().Soon()));
        await transport.CloseAsync().Soon();
        NetReplayResult result = (await playing.Soon())!;
        Assert.True(result.Matched, $"{result.Reason}{result.FirstDifference}");

        // Whoever stops it may not know yet that it has ended.
        server.Stop();
    }

    [Fact]
    public async Task A_server_that_is_stopped_has_no_result()
    {
        NetTranscriptEvent[] events = new Recorded().Opened().Answers("hi").Asks("never").Events;
        foreach (bool hasClient in new[] { false, true })
        {
            ReplayServer server = Bind(events);
            using TcpClient client = new();
            Task<NetReplayResult?> playing = server.RunAsync();
            if (hasClient)
            {
                await client.ConnectAsync(server.LocalEndPoint).Soon();
                await client.GetStream().ReadExactlyAsync(new byte[2]).Soon();
            }

            server.Stop();
            Assert.Null(await playing.Soon());
        }
    }

    [Fact]
    public async Task A_step_of_a_distant_future_is_waited_for()
    {
        NetTranscriptEvent[] events = new Recorded().Opened().Asks("a").Events;
        NetTranscriptEvent never = new()
        {
            Kind = NetTranscriptKind.Data,
            Direction = ToServer,
            Bytes = [1],
            Elapsed = TimeSpan.MaxValue / 2,
            ConnectionId = events[0].ConnectionId,
            Client = events[0].Client,
            Server = events[0].Server,
        };
        ReplayScript script = ReplayScript.Of([.. events, never], null, ToServer);
        using TransportPair pair = await TransportPair.CreateAsync(TransportPair.Kinds[0]);
        using ReplayRun run = new(
            script, new() { Timing = NetReplayTiming.Original, Speed = 0.001 }, ReplayComparison.Of(script, []), pair.Client);
        using CancellationTokenSource stop = new();
        Task<NetReplayResult> playing = run.RunAsync(stop.Token);
        await pair.Server.ReadExactlyAsync(1).Soon();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => playing.Soon());
    }

    [Fact]
    public void What_cannot_be_replayed_is_said()
    {
        NetTranscriptEvent[] one = new Recorded(1).Opened().Asks("a").Events;
        NetTranscriptEvent[] two = new Recorded(2).Opened().Asks("b").Events;
        NetTranscriptEvent[] datagrams = new Recorded(3, protocol: NetTranscriptProtocol.Udp).Asks("c").Events;
        Check([], null, "The transcript is empty");
        Check([.. one, .. two], null, "2 conversations: 1, 2. Choose one with -ConnectionId");
        Check(one, 5, "no connection 5, only 1");
        Check(datagrams, 3, "went over UDP, and only streams, over TCP, can be replayed");
        Check(new Recorded().Opened().Events, null, "Nothing was sent in connection 1");
        Check([.. one, Recorded.Dropped(one[0], ToServer, 7)], null, "7 bytes that would have to be sent are missing");
        Assert.Equal(2, ReplayScript.Of([.. one, .. two], 2, ToServer).ConnectionId);

        static void Check(NetTranscriptEvent[] events, int? id, string expected) => Assert.Contains(
            expected, Assert.Throws<NetLabException>(() => ReplayScript.Of(events, id, ToServer)).Message, StringComparison.Ordinal);
    }

    /// <summary>The server of a recorded conversation, which compares.</summary>
    private static ReplayServer Bind(NetTranscriptEvent[] events)
    {
        ReplayScript script = ReplayScript.Of(events, null, ToClient);
        ReplayComparison comparison = ReplayComparison.Of(script, [new Regex("never")]);
        return ReplayServer.Bind(new IPEndPoint(IPAddress.Loopback, 0), script, s_compare, comparison, null, _ => { });
    }

    /// <summary>Plays the client to a peer that waits for a byte, sends a text and ends.</summary>
    private static async Task<NetReplayResult> PlayToAsync(
        string answer, NetTranscriptEvent[] events, ReplayOptions options, params Regex[] ignored)
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Task<NetReplayResult> playing = PlayAsync((IPEndPoint)listener.LocalEndpoint, events, options, ignored);
        using Transport peer = Transport.Create(await listener.AcceptSocketAsync().Soon());
        await peer.ReadExactlyAsync(1).Soon();
        await peer.SendAsync(Encoding.ASCII.GetBytes(answer), default).Soon();
        await peer.CloseAsync().Soon();
        return await playing.Soon();
    }

    private static async Task<NetReplayResult> PlayAsync(
        IPEndPoint peer, NetTranscriptEvent[] events, ReplayOptions options, params Regex[] ignored)
    {
        Transport transport = await StreamDialer.DialAsync(
            new DialOptions { Host = peer.Address.ToString(), Port = peer.Port, NoDelay = true }, default).Soon();
        ReplayScript script = ReplayScript.Of(events, null, ToServer);
        using ReplayRun run = new(script, options, ReplayComparison.Of(script, ignored), transport);
        return await run.RunAsync(default).Soon();
    }
}
