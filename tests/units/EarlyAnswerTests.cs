using PSNetLab.Engine.Http.Forward;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Tests;

/// <summary>Answers that are there before the client has sent its request to the end (RFC 9112, section 9.3).</summary>
public sealed class EarlyAnswerTests
{
    private const string Refusal = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n";
    private const string Chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n";
    private const string Half = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe";

    public static TheoryData<TransportKind> Kinds => new(TransportPair.Kinds);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_refusal_of_the_upstream_comes_at_once_and_no_other_answer_after_it(bool isInPieces)
    {
        TaskCompletionSource hasHead = new();
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync(isInPieces ? Refusal : Refusal + "no");
            await hasHead.Task.Soon();
            await peer.SendAsync(isInPieces ? "no" : string.Empty);
            await peer.ReadToEndAsync();
        });
        FakeTimeProvider clock = new();
        Forwarder forwarder = new(new UpstreamOptions { Uri = upstream.Uri });
        await using StubServer server = new(new StubOptions { Upstream = forwarder, Clock = clock });
        using HttpPeer client = await server.ConnectAsync();
        await client.SendAsync(Chunked);
        await client.FillAsync(Refusal.Length);
        hasHead.SetResult();

        HttpAnswer answer = await client.AnswerAsync();
        Assert.Equal((401, "no"), (answer.Status, answer.Text));

        Task<byte[]> rest = client.RestAsync();
        await Waiting.Until(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return rest.IsCompleted;
        });
        Assert.Empty(await rest);
        await Waiting.Until(() => server.Server.ConnectionCount == 0);
        HttpRequestRecord record = Assert.Single(server.Records());
        Assert.Equal((401, true, 2), (record.Status, record.Completed, record.BytesSent));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_rest_of_the_request_may_follow_and_another_one_after_it(TransportKind kind)
    {
        await using ServedConnection served = await StartAsync(kind);
        foreach ((string part, string rest) in new[] { (Chunked, "1\r\nb\r\n0\r\n\r\n"), (Half, "llo"), (Half, "llo") })
        {
            await served.Client.SendAsync(part);
            HttpAnswer answer = await served.Client.AnswerAsync();
            Assert.Equal((200, null), (answer.Status, answer["Connection"]));
            Assert.Single(served.Records());

            await served.Client.SendAsync(rest);
        }

        Assert.Equal(200, (await served.Client.GetAsync("/")).Status);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_rest_that_does_not_come_in_time_gets_no_other_answer(TransportKind kind)
    {
        await using ServedConnection served = await StartAsync(kind);
        await served.Client.SendAsync(Half);
        Assert.Equal(200, (await served.Client.AnswerAsync()).Status);

        await served.PassServingAsync(1000, () => served.Ended.IsCompleted);

        Assert.Empty(await served.Client.RestAsync());
        HttpRequestRecord record = Assert.Single(served.Records());
        Assert.Equal((200, true), (record.Status, record.Completed));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("40001\r\n")]
    public async Task After_a_rest_that_is_malformed_or_too_long_the_connection_ends_in_good_order(string rest)
    {
        await using ServedConnection served = await StartAsync(TransportKind.Portable);
        await served.Client.SendAsync(Chunked);
        Assert.Equal(200, (await served.Client.AnswerAsync()).Status);

        await served.Client.SendAsync([.. HttpHead.Bytes(rest), .. new byte[0x40001]]);

        await served.Client.AssertClosedAsync();
        Assert.Single(served.Records());
        Assert.Empty(served.Faults);
    }

    /// <summary>A client that will not be asked for its body, or has too much of it, is told that the connection ends.</summary>
    [Theory]
    [InlineData("Content-Length: 5\r\nExpect: 100-continue\r\n\r\n")]
    [InlineData("Content-Length: 500000\r\n\r\nhe")]
    [InlineData("Connection: close\r\nContent-Length: 5\r\n\r\nhe")]
    public async Task Whose_rest_is_not_read_gets_the_answer_before_the_end(string rest)
    {
        await using ServedConnection served = await StartAsync(TransportKind.Portable);
        await served.Client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\n" + rest);
        await served.Client.FillAsync(1);

        // What was on its way by then resets nothing.
        await served.Client.SendAsync("llo");
        HttpAnswer answer = await served.Client.AnswerAsync();
        Assert.Equal((200, "close"), (answer.Status, answer["Connection"]));
        await served.Client.AssertClosedAsync();
        Assert.Single(served.Records());
    }

    private static Task<ServedConnection> StartAsync(TransportKind kind) => ServedConnection.StartHandlerAsync(kind, exchange =>
    {
        exchange.Answer(200, []);
        return default;
    });
}
