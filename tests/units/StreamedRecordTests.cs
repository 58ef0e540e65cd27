using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Tests;

/// <summary>Whoever has an answer finds its record, also where the answer came in pieces.</summary>
public sealed class StreamedRecordTests
{
    // What is recorded just after the last byte is found nine times of ten.
    private const int Rounds = 100;
    private const string End = "-end";

    [Fact]
    public async Task An_answer_of_an_upstream_in_two_pieces_is_recorded_before_its_end()
    {
        using SemaphoreSlim hasHead = new(0);
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            while (true)
            {
                await peer.ReadHeadAsync();
                await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
                await hasHead.WaitAsync().Soon();
                await peer.SendAsync(End);
            }
        });
        await using ForwardServer server = new(upstream.Uri);
        for (int round = 1; round <= Rounds; round++)
        {
            using Peer client = await Peer.ConnectAsync(server.Server.EndPoint);
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            await client.ReadHeadAsync();
            hasHead.Release();
            await client.ReadTextAsync(End);
            AssertRecorded(server.Server, round);
        }
    }

    [Fact]
    public async Task The_answer_of_an_upstream_to_HEAD_is_recorded_before_its_end()
    {
        await using ScriptedServer upstream = new(
            (peer, _) => peer.AnswerAllAsync([.. Enumerable.Repeat("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", Rounds)]));
        await using ForwardServer server = new(upstream.Uri);
        using Peer client = await Peer.ConnectAsync(server.Server.EndPoint);
        for (int round = 1; round <= Rounds; round++)
        {
            await client.SendAsync("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
            await client.ReadHeadAsync();
            AssertRecorded(server.Server, round);
        }
    }

    [Theory]
    [InlineData(null, true, 8)]
    [InlineData(HttpFault.SlowBody, true, 8)]
    [InlineData(HttpFault.WrongLength, false, 8)]
    [InlineData(HttpFault.BadStatusLine, false, 8)]
    [InlineData(HttpFault.ChunkError, false, 21)]
    [InlineData(HttpFault.Garbage, false, 256)]
    public async Task An_answer_that_goes_its_own_way_is_recorded_within_its_last_send(HttpFault? fault, bool isComplete, int bytes)
    {
        StubAnswer answer = new() { Fault = fault, BytesPerSecond = 10, Bytes = "text-end"u8.ToArray() };
        (bool isHeld, HttpRequestRecord record) = await RecordAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n", answer);
        Assert.Equal((true, isComplete, bytes), (isHeld, record.Completed, record.BytesSent));
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData(HttpFault.SlowBody, true)]
    [InlineData(HttpFault.BadStatusLine, false)]
    public async Task Without_a_body_that_is_the_send_of_the_head(HttpFault? fault, bool isComplete)
    {
        StubAnswer answer = new() { Fault = fault, BytesPerSecond = 10, Bytes = "text-end"u8.ToArray() };
        (bool isHeld, HttpRequestRecord record) = await RecordAsync("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", answer);
        Assert.Equal((true, isComplete, 0), (isHeld, record.Completed, record.BytesSent));
    }

    [Fact]
    public async Task The_opening_of_a_WebSocket_is_recorded_within_its_send()
    {
        StubAnswer answer = new() { Service = new WebSocketService { Heartbeat = TimeSpan.Zero } };
        (bool isHeld, HttpRequestRecord record) = await RecordAsync(
            "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            answer);
        Assert.Equal((true, 101, true), (isHeld, record.Status, record.Completed));
    }

    [Fact]
    public async Task What_breaks_off_in_its_last_piece_is_recorded_once_and_as_incomplete()
    {
        const int Length = 32 * 1024 * 1024;
        await using ServedConnection served = await ServedConnection.StartHandlerAsync(TransportKind.Portable, async exchange =>
        {
            await exchange.StartAsync(200, [], Length);
            await exchange.WriteAsync(new byte[Length]);
        });
        await served.Client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await served.Client.FillAsync(1024 * 1024);

        served.Client.Dispose();

        await served.Ended.Soon();
        HttpRequestRecord record = Assert.Single(served.Records());
        Assert.False(record.Completed);
        Assert.InRange(record.BytesSent, 1, Length - 1);
        Assert.Equal(record.BytesSent, served.Connection.Totals.BytesSent);
    }

    /// <returns>The record, and whether readers waited for the connection when it was written.</returns>
    private static async Task<(bool IsHeld, HttpRequestRecord Record)> RecordAsync(string request, StubAnswer answer)
    {
        StubOptions options = new();
        HttpRoute route = new(new RequestCriteria(), [answer], new RouteSettings());
        await using ServedConnection served = await ServedConnection.StartAsync(
            TransportKind.Portable, options, new StubHandler(options, [route]));
        bool isHeld = false;
        served.BeforeRecord = () => isHeld = served.HoldsReaders();
        await served.Client.SendAsync(request);
        Task<HttpRequestRecord> recording = served.RecordAsync();
        await served.PassAsync(50, () => recording.IsCompleted);
        return (isHeld, await recording);
    }

    private static void AssertRecorded(StubServer server, int count) => Assert.Equal(count, server.Records().Count);
}
