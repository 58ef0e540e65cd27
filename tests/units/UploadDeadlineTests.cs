using System.Threading.Channels;
using PSNetLab.Engine.Http.Forward;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Tests;

/// <summary>
/// How long an upload that is passed on as it comes may take: it has a least rate, and only the time counts in which
/// the client is waited for.
/// </summary>
public sealed class UploadDeadlineTests
{
    private const int Seconds = 30;
    private const int PieceBytes = 16 * 1024;
    private const string Post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";

    // Each time somebody waits for more, how many bytes they have.
    private readonly Channel<int> _waits = Channel.CreateUnbounded<int>();

    public static TheoryData<TransportKind> Kinds => new(TransportPair.Kinds);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_byte_now_and_then_does_not_prolong_an_upload(TransportKind kind)
    {
        await using ServedConnection served = await ServedConnection.StartHandlerAsync(kind, ReadAsync);
        await served.Client.SendAsync(Post);
        for (int sent = 0; sent < Seconds / 5; sent++)
        {
            await WaitsWithAsync(sent);
            Pass(served, 5);
            await served.Client.SendAsync("a");
        }

        await WaitsWithAsync(Seconds / 5);
        Pass(served, 1);

        await served.Ended.Soon();
        Assert.Equal(408, Assert.Single(served.Records()).Status);
        if (kind != TransportKind.Tls)
        {
            Assert.Contains("16 KiB", (await served.Client.AnswerAsync()).Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_large_upload_may_take_longer_than_that()
    {
        await using ServedConnection served = await ServedConnection.StartHandlerAsync(TransportKind.Portable, ReadAsync);
        await served.Client.SendAsync(Post);
        for (int pieces = 1; pieces <= 5; pieces++)
        {
            // Its last byte comes when the time is nearly over.
            await served.Client.SendAsync(new byte[PieceBytes - 1]);
            await WaitsWithAsync((pieces * PieceBytes) - 1);
            Pass(served, Seconds - 1);
            await served.Client.SendAsync("a");
            await WaitsWithAsync(pieces * PieceBytes);
        }

        Assert.False(served.Ended.IsCompleted);
    }

    [Fact]
    public async Task Only_the_time_counts_in_which_the_client_is_waited_for()
    {
        TaskCompletionSource mayGoOn = new();
        await using ServedConnection served = await ServedConnection.StartHandlerAsync(TransportKind.Portable, async exchange =>
        {
            await exchange.ReadBesideAsync(new byte[1], CancellationToken.None);
            _waits.Writer.TryWrite(1);
            await mayGoOn.Task;
            await ReadAsync(exchange);
        });
        await served.Client.SendAsync(Post + "a");
        await WaitsWithAsync(1);

        Pass(served, 3 * Seconds);
        mayGoOn.SetResult();
        await WaitsWithAsync(0);
        Pass(served, Seconds);
        Assert.False(served.Ended.IsCompleted);

        Pass(served, 1);
        await served.Ended.Soon();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_upload_that_hardly_moves_is_cut_off_on_both_sides(bool hasAnswer)
    {
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            try
            {
                await peer.ReadHeadAsync();
                await peer.SendAsync(hasAnswer ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" : string.Empty);
                for (int count = 1; ; count++)
                {
                    await peer.ReadAsync(1);
                    _waits.Writer.TryWrite(count);
                }
            }
            finally
            {
                _waits.Writer.Complete();
            }
        });
        FakeTimeProvider clock = new();
        Forwarder forwarder = new(new UpstreamOptions { Uri = upstream.Uri });
        await using StubServer server = new(new StubOptions { Upstream = forwarder, Clock = clock });
        using HttpPeer client = await server.ConnectAsync();
        await client.SendAsync(Post + "a");
        for (int sent = 1; await _waits.Reader.WaitToReadAsync().Soon(); sent++)
        {
            Assert.True(sent < Seconds, "The upload goes on and on.");
            await WaitsWithAsync(sent);
            clock.Advance(TimeSpan.FromSeconds(5));
            await client.SendAsync("a");
        }

        if (hasAnswer)
        {
            Assert.DoesNotContain("0\r\n\r\n", System.Text.Encoding.ASCII.GetString(await client.RestAsync()), StringComparison.Ordinal);
            Assert.Contains("16 KiB", (await server.Observer.FaultAsync()).Fault.Message, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(408, (await client.AnswerAsync()).Status);
        }

        await Waiting.Until(() => server.Records().Count > 0);
        HttpRequestRecord record = Assert.Single(server.Records());
        Assert.Equal((hasAnswer ? 200 : 408, !hasAnswer), (record.Status, record.Completed));
    }

    private async ValueTask ReadAsync(HttpExchange exchange)
    {
        byte[] buffer = new byte[PieceBytes];
        int all = 0;
        int count;
        do
        {
            Task<int> reading = exchange.ReadBesideAsync(buffer, CancellationToken.None).AsTask();
            if (!reading.IsCompleted)
            {
                _waits.Writer.TryWrite(all);
            }

            all += count = await reading;
        }
        while (count > 0);
    }

    private async Task WaitsWithAsync(int bytes)
    {
        while (await _waits.Reader.ReadAsync().Soon() < bytes)
        {
        }
    }

    private static void Pass(ServedConnection served, int seconds)
    {
        served.Clock.Advance(TimeSpan.FromSeconds(seconds));
        served.Connection.CheckDeadline();
    }
}
