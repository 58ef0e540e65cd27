using System.Text;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

/// <summary>What a handler can do with a request, over every kind of stream.</summary>
public sealed class HttpHandlerTests
{
    private const int MostBytes = 1000;

    private static readonly HttpServerOptions s_options = new();
    private static readonly byte[] s_fields = "X-Own: 1\r\n"u8.ToArray();

    public static TheoryData<TransportKind> Kinds => new(TransportPair.Kinds);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_handler_that_answers_with_the_head_is_a_few_lines(TransportKind kind)
    {
        await using ServedConnection served = await ServedConnection.StartAsync(kind, s_options, new HeadEcho());
        string[] heads =
        [
            .. Enumerable.Range(0, 100).Select(i =>
                $"{(i % 2 == 0 ? "PUT" : "BREW")} /{i} HTTP/1.1\r\nHost: a\r\nContent-Length: {i % 3}\r\n\r\n"),
        ];

        await served.Client.SendAsync(string.Concat(heads.Select((head, i) => head + new string('x', i % 3))));

        foreach (string head in heads)
        {
            HttpAnswer answer = await served.Client.AnswerAsync();
            Assert.Equal((200, head, "message/http"), (answer.Status, answer.Text, answer["Content-Type"]));
            HttpRequestRecord record = await served.RecordAsync();
            Assert.Equal((200, head.Length, true), (record.Status, record.BytesSent, record.Completed));
        }

        HttpAnswer last = await served.Client.AskAsync("HEAD", "/");
        Assert.Empty(last.Body);
        Assert.Equal("36", last["Content-Length"]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_client_that_resets_its_connection_ends_what_waits_for_it(TransportKind kind)
    {
        await using ServedConnection served = await StartDelayedAsync(kind);

        served.Client.Socket.LingerState = new(enable: true, seconds: 0);
        served.Client.Socket.Dispose();

        await served.PassServingAsync(1, () => served.Ended.IsCompleted);
        HttpRequestRecord record = Assert.Single(served.Records());
        Assert.Equal(("/", 0, false), (record.Target, record.Status, record.Completed));
        Assert.Empty(served.Faults);
        Assert.Equal(1, served.Connection.Totals.MessagesReceived);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_client_that_only_sends_no_more_gets_its_answer_however_late(TransportKind kind)
    {
        await using ServedConnection served = await StartDelayedAsync(kind);
        served.Client.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        served.Connection.CheckDeadline();
        served.Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(200, (await served.Client.AnswerAsync()).Status);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_handler_sees_that_its_client_has_left(TransportKind kind)
    {
        TaskCompletionSource asked = new();
        TaskCompletionSource<bool> closed = new();
        TaskCompletionSource seen = new();
        await using ServedConnection served = await ServedConnection.StartHandlerAsync(kind, async exchange =>
        {
            closed.SetResult(exchange.HasLeft);
            await asked.Task;
            await Waiting.Until(() => exchange.HasLeft);
            seen.SetResult();
            exchange.Answer(200, s_fields);
        });

        await served.Client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.False(await closed.Task.Soon());
        asked.SetResult();
        served.Client.Socket.LingerState = new System.Net.Sockets.LingerOption(enable: true, seconds: 0); // a reset
        served.Client.Socket.Dispose();

        await seen.Task.Soon();
    }

    /// <summary>As nc -N does, and scripts that shut down their side after the request.</summary>
    [Fact]
    public async Task A_client_that_sends_no_more_has_not_left()
    {
        TaskCompletionSource ended = new();
        await using ServedConnection served = await ServedConnection.StartHandlerAsync(TransportKind.Portable, async exchange =>
        {
            await ended.Task;
            exchange.Answer(exchange.HasLeft ? 500 : 200, s_fields);
        });

        await served.Client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        served.Client.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        ended.SetResult();

        Assert.Equal(200, (await served.Client.AnswerAsync()).Status);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(418)]
    [InlineData(599)]
    [InlineData(600)]
    [InlineData(999)]
    public async Task Every_status_can_be_given(int status)
    {
        await using ServedConnection served = await ServedConnection.StartHandlerAsync(TransportKind.Portable, exchange =>
        {
            exchange.Answer(status, s_fields);
            return default;
        });

        await served.Client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

        HttpAnswer answer = await served.Client.ResponseAsync();
        Assert.Equal(status, answer.Status);
        Assert.Equal($"HTTP/1.1 {status} {HttpStatus.Reason(status)}", answer.Head.Split("\r\n")[0]);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(199)]
    [InlineData(1000)]
    [InlineData(int.MaxValue)]
    public async Task What_is_no_final_status_is_a_fault_of_the_handler(int status)
    {
        await using ServedConnection served = await ServedConnection.StartHandlerAsync(TransportKind.Portable, exchange =>
        {
            exchange.Answer(status, s_fields);
            return default;
        });

        Assert.Equal(500, (await served.Client.GetAsync("/")).Status);
        Assert.Equal(FaultKind.RequestFailed, Assert.Single(served.Faults).Kind);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task An_answer_may_come_piece_by_piece(TransportKind kind)
    {
        byte[] large = WebFolder.Noise(300_000);
        await using ServedConnection served = await ServedConnection.StartHandlerAsync(kind, async exchange =>
        {
            await exchange.InformAsync(103, "Link: </a>\r\n"u8.ToArray());
            await exchange.StartAsync(200, s_fields);
            foreach (int cut in new[] { 1, 0, 100_000, 199_999 })
            {
                await exchange.WriteAsync(large.AsMemory(0, cut));
                Assert.False(LoopThread.IsCurrent);
            }
        });
        byte[] expected = [.. large[..1], .. large[..100_000], .. large[..199_999]];
        for (int round = 0; round < 3; round++)
        {
            await served.Client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

            HttpAnswer hint = await served.Client.ResponseAsync();
            Assert.Equal((103, "</a>"), (hint.Status, hint["Link"]));
            HttpAnswer answer = await served.Client.ResponseAsync();
            Assert.Equal(("chunked", "1", null), (answer["Transfer-Encoding"], answer["X-Own"], answer["Content-Length"]));
            Assert.Equal(expected, answer.Body);
            HttpRequestRecord record = await served.RecordAsync();
            Assert.Equal((200, expected.Length, true), (record.Status, record.BytesSent, record.Completed));
        }

        await served.Client.SendAsync("GET / HTTP/1.0\r\n\r\n");

        HttpAnswer old = await served.Client.ResponseAsync();
        Assert.Equal((null, null, "close"), (old["Transfer-Encoding"], old["Content-Length"], old["Connection"]));
        Assert.Equal(expected, old.Body);
    }

    [Theory]
    [InlineData("GET", 10, 10, true)]
    [InlineData("GET", 0, 0, true)]
    [InlineData("GET", 10, 9, false)]
    [InlineData("GET", 9, 10, false)]
    [InlineData("HEAD", 10, 10, true)]
    [InlineData("HEAD", -1, 10, true)]
    public async Task An_announced_length_is_kept_or_the_connection_ends(string method, int announced, int sent, bool isWhole)
    {
        await using ServedConnection served = await ServedConnection.StartHandlerAsync(TransportKind.Portable, async exchange =>
        {
            await exchange.StartAsync(200, s_fields, announced);
            await exchange.WriteAsync(new byte[sent]);
        });

        await served.Client.SendAsync($"{method} / HTTP/1.1\r\nHost: a\r\n\r\n");

        if (isWhole)
        {
            HttpAnswer answer = await served.Client.ResponseAsync(method);
            Assert.Equal(method == "HEAD" ? 0 : sent, answer.Body.Length);
            Assert.Equal(announced < 0 ? null : $"{announced}", answer["Content-Length"]);
            Assert.True((await served.RecordAsync()).Completed);
            Assert.False(served.Ended.IsCompleted);
        }
        else
        {
            await served.Client.RestAsync();
            Assert.False((await served.RecordAsync()).Completed);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_handler_that_fails_is_an_error_of_the_request_and_no_more(TransportKind kind)
    {
        await using ServedConnection served = await ServedConnection.StartHandlerAsync(kind, async exchange =>
        {
            await Task.Yield();
            throw new FormatException("no luck");
        });

        Assert.Equal(500, (await served.Client.GetAsync("/")).Status);
        Assert.Equal(500, (await served.Client.GetAsync("/")).Status);

        Assert.All(served.Faults, fault => Assert.Equal(FaultKind.RequestFailed, fault.Kind));
        Assert.All(served.Faults, fault => Assert.Contains("no luck", fault.Message, StringComparison.Ordinal));
        Assert.Equal(2, served.Faults.Count);
    }

    [Fact]
    public async Task A_handler_that_gives_no_answer_or_two_has_failed()
    {
        int asked = 0;
        await using ServedConnection served = await ServedConnection.StartHandlerAsync(TransportKind.Portable, exchange =>
        {
            for (int i = 0; asked == 1 && i < 2; i++)
            {
                exchange.Answer(200, s_fields);
            }

            asked++;
            return default;
        });

        Assert.Equal(500, (await served.Client.GetAsync("/")).Status);
        Assert.Equal(500, (await served.Client.GetAsync("/")).Status);
        Assert.Equal(2, served.Faults.Count);
    }

    [Fact]
    public async Task A_chunked_answer_that_breaks_off_has_no_end()
    {
        await using ServedConnection served = await ServedConnection.StartHandlerAsync(TransportKind.Portable, async exchange =>
        {
            await exchange.StartAsync(200, s_fields);
            await exchange.WriteAsync("part"u8.ToArray());
            throw new FormatException("no luck");
        });
        await served.Client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

        string all = Encoding.Latin1.GetString(await served.Client.RestAsync());

        Assert.EndsWith("4\r\npart\r\n", all, StringComparison.Ordinal);
        HttpRequestRecord record = await served.RecordAsync();
        Assert.Equal((200, 4, false), (record.Status, record.BytesSent, record.Completed));
    }

    /// <summary>Two connections on one loop, each held up at every point where a handler can wait.</summary>
    [Fact]
    public async Task Handlers_that_wait_keep_their_connections_apart()
    {
        const int Connections = 6;
        const int Rounds = 100;
        async ValueTask AnswerAsync(HttpExchange exchange)
        {
            string target = Encoding.Latin1.GetString(exchange.Target);
            byte[] first = new byte[3];
            int count = await exchange.ReadAsync(first);
            Assert.Equal(target, Encoding.Latin1.GetString(exchange.Target));
            await Task.Yield();
            byte[]? rest = await exchange.ReadBodyAsync(MostBytes);
            await exchange.StartAsync(200, s_fields);
            await exchange.WriteAsync(HttpHead.Bytes($"{target} {Encoding.Latin1.GetString(first, 0, count)}"));
            await Task.Yield();
            await exchange.WriteAsync(rest);
        }

        await Task.WhenAll(Enumerable.Range(0, Connections).Select(own => Task.Run(async () =>
        {
            await using ServedConnection served = await ServedConnection.StartHandlerAsync(TransportPair.Kinds[0], AnswerAsync);
            for (int round = 0; round < Rounds; round++)
            {
                string body = $"body of {own} in {round}";
                string head = $"POST /{own}-{round} HTTP/1.1\r\nHost: a\r\nContent-Length: {body.Length}\r\n\r\n";
                await served.Client.SendAsync(head + body[..2]);
                await served.Client.SendAsync(body[2..]);
                Assert.Equal($"/{own}-{round} {body}", (await served.Client.ResponseAsync()).Text);
            }
        }))).Soon();
    }

    /// <summary>A connection whose request is being answered an hour later.</summary>
    private static async Task<ServedConnection> StartDelayedAsync(TransportKind kind)
    {
        TaskCompletionSource began = new();
        ServedConnection served = await ServedConnection.StartHandlerAsync(kind, async exchange =>
        {
            ValueTask delay = exchange.DelayAsync(TimeSpan.FromHours(1));
            began.SetResult();
            await delay;
            exchange.Answer(200, s_fields);
        });
        await served.Client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await began.Task.Soon();
        return served;
    }
}
