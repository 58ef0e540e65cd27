using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Tests;

/// <summary>How long a client may take.</summary>
public sealed class HttpDeadlineTests : IDisposable
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_never = TimeSpan.FromHours(1);

    private readonly WebFolder _folder = new();

    public static TheoryData<TransportKind> Kinds => new(TransportPair.Kinds);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_client_that_never_sends_anything_is_let_go_without_an_answer(TransportKind kind)
    {
        await using ServedConnection served = await StartAsync(kind, s_short, s_never);

        await AssertEndsAfterAsync(served, s_short);

        Assert.Empty(await served.Client.RestAsync());
        Assert.Empty(served.Records());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_connection_that_was_used_may_be_quiet_for_its_own_time(TransportKind kind)
    {
        _folder.Write("a", "a");
        await using ServedConnection served = await StartAsync(kind, s_never, s_short);
        Assert.Equal(200, (await served.Client.GetAsync("/a")).Status);

        await AssertEndsAfterAsync(served, s_short);

        Assert.Empty(await served.Client.RestAsync());
        Assert.Single(served.Records());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_time_between_requests_is_not_that_of_the_first(TransportKind kind)
    {
        _folder.Write("a", "a");
        await using ServedConnection served = await StartAsync(kind, s_short, s_never);
        Assert.Equal(200, (await served.Client.GetAsync("/a")).Status);

        // Sending has its own time limit.
        await Waiting.Until(() => served.Connection.Totals.MessagesSent == 1);
        await served.PassServingAsync(10, () => served.Connection.IdleMilliseconds > 3 * s_short.TotalMilliseconds);

        Assert.Equal(200, (await served.Client.GetAsync("/a")).Status);
    }

    [Theory]
    [InlineData(TransportKind.Epoll)]
    [InlineData(TransportKind.Portable)]
    public async Task Half_a_head_gets_408_when_its_time_is_over(TransportKind kind)
    {
        await using ServedConnection served = await StartAsync(kind, s_short, s_never);
        await SendHalfAsync(served, "GET /a HTTP/1.1\r\nHo");

        await AssertEndsAfterAsync(served, s_short);

        HttpAnswer answer = await served.Client.AnswerAsync();
        Assert.Equal(408, answer.Status);
        Assert.Equal("close", answer["Connection"]);
        await served.Client.AssertClosedAsync();
        HttpRequestRecord record = Assert.Single(served.Records());
        Assert.Equal((408, string.Empty, string.Empty, true), (record.Status, record.Method, record.Target, record.Completed));
        Assert.Equal((1, answer.Body.Length), (served.Connection.Totals.MessagesReceived, served.Connection.Totals.BytesSent));
    }

    [Theory]
    [InlineData(TransportKind.Epoll, "Content-Length: 10\r\n\r\nhalf")]
    [InlineData(TransportKind.Epoll, "Transfer-Encoding: chunked\r\n\r\nA\r\nhalf")]
    [InlineData(TransportKind.Portable, "Content-Length: 10\r\n\r\nhalf")]
    public async Task Half_a_body_gets_408_when_its_time_is_over(TransportKind kind, string rest)
    {
        await using ServedConnection served = await StartReadingAsync(kind, s_short);
        await SendHalfAsync(served, "POST /a HTTP/1.1\r\nHost: a\r\n" + rest);

        await AssertEndsAfterAsync(served, s_short);

        Assert.Equal(408, (await served.Client.AnswerAsync()).Status);
        await served.Client.AssertClosedAsync();
        HttpRequestRecord record = Assert.Single(served.Records());
        Assert.Equal(408, record.Status);
    }

    /// <summary>An answer after the session was broken off cannot be sealed; the record does not claim that it was sent.</summary>
    [Theory]
    [InlineData("GET /a HTTP/1.1\r\nHo")]
    [InlineData("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")]
    public async Task Over_TLS_what_does_not_come_in_time_ends_the_connection(string half)
    {
        await using ServedConnection served = await StartReadingAsync(TransportKind.Tls, s_short);
        await SendHalfAsync(served, half);

        await AssertEndsAfterAsync(served, s_short);

        Assert.Empty(await served.Client.RestAsync());
        HttpRequestRecord record = Assert.Single(served.Records());
        Assert.Equal((408, 0, false), (record.Status, record.BytesSent, record.Completed));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public Task Pieces_of_a_head_do_not_prolong_its_time(TransportKind kind) => AssertTimeGoesOnAsync(kind, "", "GET /aaaaaa");

    [Theory]
    [MemberData(nameof(Kinds))]
    public Task Empty_lines_do_not_prolong_the_time_before_a_request(TransportKind kind)
        => AssertTimeGoesOnAsync(kind, "", "\r\n\r\n\r\n");

    [Theory]
    [MemberData(nameof(Kinds))]
    public Task Pieces_of_a_body_do_not_prolong_its_time(TransportKind kind)
        => AssertTimeGoesOnAsync(kind, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n", "aaaaaaaaaa");

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_request_that_follows_another_has_a_time_of_its_own(TransportKind kind)
    {
        _folder.Write("a", "a");
        await using ServedConnection served = await StartAsync(kind, s_never, s_never);
        await SendHalfAsync(served, "GET /a HTTP/1.1\r\n");
        await served.PassAsync(10, () => served.Connection.IdleMilliseconds > 200);

        // The rest of one and the beginning of the next.
        await served.Client.SendAsync("Host: a\r\n\r\nGET /a HTTP/1.1\r\n");

        await served.Client.AnswerAsync();
        await served.PassAsync(1, () => served.Connection.IdleMilliseconds is > 0 and < 100);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_client_that_does_not_read_is_let_go(TransportKind kind)
    {
        _folder.Write("large", WebFolder.Noise(32 * 1024 * 1024));
        await using ServedConnection served = await StartAsync(kind, s_short * 5, s_never);
        await served.Client.SendAsync("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");

        // So that it is known to have been sent.
        await served.Client.FillAsync(1024 * 1024);

        await AssertEndsAfterAsync(served, s_short * 5);

        HttpRequestRecord record = Assert.Single(served.Records());
        Assert.Equal((200, false), (record.Status, record.Completed));
        Assert.InRange(record.BytesSent, 1, (32 * 1024 * 1024) - 1);
        Assert.Equal(record.BytesSent, served.Connection.Totals.BytesSent);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Whatever_a_client_takes_gives_it_new_time(TransportKind kind)
    {
        byte[] content = WebFolder.Noise(32 * 1024 * 1024);
        _folder.Write("large", content);
        await using ServedConnection served = await StartAsync(kind, s_never, s_never);
        await served.Client.SendAsync("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
        await served.PassToStuckAsync();
        DateTimeOffset stuck = served.Clock.GetUtcNow();

        await served.Client.FillAsync(content.Length / 4);

        await served.PassAsync(1, () => HasNewTime(served, stuck));
        Assert.Equal(content, (await served.Client.AnswerAsync()).Body);
    }

    /// <summary>Too little for the system to have room for more, but acknowledged.</summary>
    [LinuxFact]
    public async Task The_little_that_a_slow_client_takes_is_seen()
    {
        foreach (TransportKind kind in TransportPair.Kinds)
        {
            _folder.Write("large", WebFolder.Noise(32 * 1024 * 1024));
            await using ServedConnection served = await StartAsync(kind, s_never, s_never);
            await served.Client.SendAsync("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
            await served.PassToStuckAsync();
            await served.PassServingAsync(5, () => served.Connection.IdleMilliseconds > 200);
            DateTimeOffset stuck = served.Clock.GetUtcNow();

            Assert.True(await served.Client.Socket.ReceiveAsync(new byte[256 * 1024]).Soon() > 0);

            await served.PassServingAsync(1, () => HasNewTime(served, stuck));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task After_an_error_what_still_comes_is_read_for_a_while_and_no_longer(TransportKind kind)
    {
        await using ServedConnection served = await StartAsync(kind, s_never, s_never);
        await served.Client.SendAsync("nonsense\r\n\r\n");
        Assert.Equal(400, (await served.Client.AnswerAsync()).Status);

        // The client neither closes nor sends.
        await AssertEndsAfterAsync(served, TimeSpan.FromSeconds(2), step: 100);
    }

    private static async Task SendHalfAsync(ServedConnection served, string text)
    {
        await served.Client.SendAsync(text);
        await Waiting.Until(() => served.Connection.Totals.BytesReceived == text.Length);
    }

    /// <summary>Fails when the connection ends before its time.</summary>
    private static async Task AssertEndsAfterAsync(ServedConnection served, TimeSpan limit, int step = 10)
    {
        DateTimeOffset start = served.Clock.GetUtcNow();
        await served.PassServingAsync(step, () => served.Ended.IsCompleted);
        Assert.True(served.Clock.GetUtcNow() - start > limit);
    }

    /// <summary>Whether the deadline of the connection was renewed at an instant or after it.</summary>
    private static bool HasNewTime(ServedConnection served, DateTimeOffset since)
        => served.Connection.IdleMilliseconds is > 0 and var idle && served.Clock.GetUtcNow().AddMilliseconds(-idle) >= since;

    private static async Task AssertTimeGoesOnAsync(TransportKind kind, string before, string pieces)
    {
        await using ServedConnection served = await StartReadingAsync(kind, s_never);
        await SendHalfAsync(served, before + pieces[..1]);
        await served.PassToWaitingAsync();
        long elapsed = served.Connection.IdleMilliseconds;
        for (int i = 1; i < pieces.Length; i++)
        {
            served.Clock.Advance(TimeSpan.FromMilliseconds(30));
            elapsed += 30;
            await served.Client.SendAsync(pieces[i..(i + 1)]);
            await Waiting.Until(() => served.Connection.Totals.BytesReceived == before.Length + i + 1);
        }

        // It shows when the connection waits again.
        await Waiting.Until(() => served.Connection.IdleMilliseconds > 0);
        Assert.Equal(elapsed, served.Connection.IdleMilliseconds);
    }

    private static Task<ServedConnection> StartReadingAsync(TransportKind kind, TimeSpan request)
        => ServedConnection.StartAsync(kind, new HttpServerOptions { RequestTimeout = request }, new SlowHandler(async exchange =>
        {
            await exchange.ReadBodyAsync(1000);
            exchange.Answer(200, []);
        }));

    private Task<ServedConnection> StartAsync(TransportKind kind, TimeSpan request, TimeSpan keepAlive)
        => ServedConnection.StartAsync(kind, new() { Folder = _folder.Path, RequestTimeout = request, KeepAliveTimeout = keepAlive });
}
