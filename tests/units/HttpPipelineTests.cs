using System.Text;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Tests;

/// <summary>Requests one after the other on a connection, however their bytes arrive.</summary>
public sealed class HttpPipelineTests : IDisposable
{
    private const string Get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";

    // What is asked, and the status and the body of the answer.
    private static readonly (string Request, int Status, string Body)[] s_exchanges =
    [
        (Get, 200, "content of a"),
        ("\r\nGET /large HTTP/1.1\r\nHost: a\r\nRange: bytes=100000-100004\r\n\r\n", 206, "fghij"),
        ("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n", 200, ""),
        ("GET /none HTTP/1.1\r\nHost: a\r\n\r\n", 404, "*"),
        ("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n\r\n\r\n.", 405, "*"),
        ("GET /a HTTP/1.1\r\nHost: a\r\nIf-None-Match: *\r\n\r\n", 304, ""),
        ("PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nGET\r\n0\r\nT: v\r\n\r\n", 405, "*"),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 204, ""),
        ("GET http://a/a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, "content of a"),
        ("BREW /a HTTP/1.1\r\nHost: a\r\n\r\n", 501, "*"),
    ];

    private static readonly string s_pipeline = string.Concat(s_exchanges.Select(exchange => exchange.Request));

    private readonly WebFolder _folder = new();

    public HttpPipelineTests()
    {
        _folder.Write("a", "content of a");
        _folder.Write("large", string.Concat(
            Enumerable.Repeat("abcdefghijklmnopqrstuvwxy", 4000).Prepend("0123456789").Prepend(new string('-', 99_985))));
    }

    public static TheoryData<TransportKind> Kinds => new(TransportPair.Kinds);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Cut_in_two_at_every_byte(TransportKind kind)
    {
        await using ServedConnection served = await StartAsync(kind);
        for (int cut = 0; cut <= s_pipeline.Length; cut++)
        {
            long before = served.Connection.Totals.BytesReceived;
            await served.Client.SendAsync(s_pipeline[..cut]);
            await Waiting.Until(() => served.Connection.Totals.BytesReceived == before + cut);
            await served.Client.SendAsync(s_pipeline[cut..]);
            await AssertAnswersAsync(served);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Byte_by_byte(TransportKind kind)
    {
        await using ServedConnection served = await StartAsync(kind);
        for (int i = 0; i < s_pipeline.Length; i++)
        {
            long before = served.Connection.Totals.BytesReceived;
            await served.Client.SendAsync(s_pipeline[i..(i + 1)]);
            await Waiting.Until(() => served.Connection.Totals.BytesReceived == before + 1);
        }

        await AssertAnswersAsync(served);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Many_at_once(TransportKind kind)
    {
        const int Rounds = 300;
        await using ServedConnection served = await StartAsync(kind);

        Task sending = served.Client.SendAsync(string.Concat(Enumerable.Repeat(s_pipeline, Rounds)));

        for (int round = 0; round < Rounds; round++)
        {
            await AssertAnswersAsync(served);
        }

        await sending;
        await Waiting.Until(() => served.Connection.Totals.MessagesSent == Rounds * s_exchanges.Length); // counted after the sending
    }

    /// <summary>More answers than buffers hold: the server stops reading until the client reads, and then goes on.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Answers_nobody_reads_hold_the_requests_back(TransportKind kind)
    {
        const int Count = 15_000;
        string content = new('a', 1000);
        _folder.Write("a", content);
        await using ServedConnection served = await StartAsync(kind);
        Task sending = served.Client.SendAsync(string.Concat(Enumerable.Repeat(Get, Count)));
        await served.PassToStuckAsync();
        Assert.True(served.Connection.Totals.MessagesReceived < Count);

        for (int i = 0; i < Count; i++)
        {
            Assert.Equal(content, (await served.Client.AnswerAsync()).Text);
        }

        await sending;
    }

    [Theory]
    [InlineData(TransportKind.Epoll, "\r\n")]
    [InlineData(TransportKind.Epoll, "\r")]
    [InlineData(TransportKind.Epoll, "\r\n\r\n\r\n\r")]
    [InlineData(TransportKind.Portable, "\r\n")]
    [InlineData(TransportKind.Tls, "\r\n")]
    public async Task Empty_lines_alone_are_waited_on(TransportKind kind, string lines)
    {
        await using ServedConnection served = await StartAsync(kind);
        await served.Client.SendAsync(lines);
        await Waiting.Until(() => served.Connection.Totals.BytesReceived == lines.Length);
        await served.PassToWaitingAsync(); // waits, and does not work

        await served.Client.SendAsync((lines.EndsWith('\r') ? "\n" : "") + Get);

        Assert.Equal(200, (await served.Client.AnswerAsync()).Status);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Nothing_is_answered_after_an_error(TransportKind kind)
    {
        await using ServedConnection served = await StartAsync(kind);

        await served.Client.SendAsync(Get + "GET / HTTP/1.1\r\nHost : a\r\n\r\n" + Get);

        Assert.Equal(200, (await served.Client.AnswerAsync()).Status);
        HttpAnswer error = await served.Client.AnswerAsync();
        Assert.Equal((400, "close"), (error.Status, error["Connection"]));
        await served.Client.AssertClosedAsync();
        served.Client.Dispose();
        await served.Ended.Soon();
        Assert.Equal(["/a", ""], served.Records().Select(record => record.Target));
    }

    [Theory]
    [InlineData("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /a HTTP/1.0\r\n\r\n")]
    [InlineData("GET /large HTTP/1.0\r\n\r\n")]
    [InlineData("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")]
    [InlineData("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n")]
    public async Task Nothing_is_answered_after_the_last(string last)
    {
        foreach (TransportKind kind in TransportPair.Kinds)
        {
            await using ServedConnection served = await StartAsync(kind);

            await served.Client.SendAsync(Get + last + Get);

            Assert.Equal(200, (await served.Client.AnswerAsync()).Status);
            HttpAnswer answer = await served.Client.AnswerAsync();
            Assert.Equal("close", answer["Connection"]);
            await served.Client.AssertClosedAsync();
            Assert.Equal(2, served.Connection.Totals.MessagesSent);
        }
    }

    private static async Task AssertAnswersAsync(ServedConnection served)
    {
        foreach ((string request, int status, string body) in s_exchanges)
        {
            HttpAnswer answer = await served.Client.AnswerAsync(isHead: request.StartsWith("HEAD", StringComparison.Ordinal));
            Assert.True(status == answer.Status, $"{request}: {answer}");
            Assert.True(body == "*" ? answer.Text.Contains(status.ToString(System.Globalization.CultureInfo.InvariantCulture),
                StringComparison.Ordinal) : body == answer.Text, answer.Text);
        }
    }

    private Task<ServedConnection> StartAsync(TransportKind kind) => ServedConnection.StartAsync(kind, new() { Folder = _folder.Path });
}
