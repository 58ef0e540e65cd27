using System.Text;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

/// <summary>How a handler gets the body of a request, over every kind of stream.</summary>
public sealed class HttpRequestBodyTests
{
    private const int MostBytes = 1000;

    private static readonly byte[] s_fields = "X-Own: 1\r\n"u8.ToArray();

    public static TheoryData<TransportKind> Kinds => new(TransportPair.Kinds);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_body_is_given_to_a_handler_that_wants_it(TransportKind kind)
    {
        await using ServedConnection served = await ServedConnection.StartHandlerAsync(kind, EchoBodyAsync);
        Random random = new(1);
        for (int round = 0; round < 30; round++)
        {
            string body = new('x', random.Next(MostBytes + 1));
            bool isChunked = random.Next(2) == 0;
            string length = isChunked ? "Transfer-Encoding: chunked" : $"Content-Length: {body.Length}";
            string wire = isChunked ? $"{(body.Length == 0 ? string.Empty : $"{body.Length:x}\r\n{body}\r\n")}0\r\n\r\n" : body;
            byte[] request = HttpHead.Bytes($"POST / HTTP/1.1\r\nHost: a\r\n{length}\r\n\r\n{wire}");
            int cut = random.Next(request.Length);
            await served.Client.SendAsync(request[..cut]);
            await served.Client.SendAsync([.. request[cut..], .. "GET /next HTTP/1.1\r\nHost: a\r\n\r\n"u8]);

            Assert.Equal(body, Encoding.Latin1.GetString((await served.Client.AnswerAsync()).Body));
            Assert.Empty((await served.Client.AnswerAsync()).Body);
        }
    }

    [Theory]
    [InlineData("Content-Length: 1001\r\n\r\n", 1001)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n3e9\r\n", 1001)]
    [InlineData("Content-Length: 9000000000000000000\r\n\r\n", 10)]
    [InlineData("Content-Length: 5000\r\nExpect: 100-continue\r\n\r\n", 0)]
    public async Task A_body_that_is_longer_than_allowed_gets_413(string rest, int sent)
    {
        await using ServedConnection served = await ServedConnection.StartHandlerAsync(TransportKind.Portable, EchoBodyAsync);

        await served.Client.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\n{rest}{new string('x', sent)}");

        // Of chunks, the rest is waited for: they could end soon.
        await served.Client.SendAsync(rest.Contains("chunked", StringComparison.Ordinal) ? "\r\n0\r\n\r\n" : string.Empty);
        HttpAnswer answer = await served.Client.AnswerAsync();
        Assert.Equal(413, answer.Status);
        Assert.Contains("1000 bytes", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_client_that_waits_to_be_asked_for_its_body_is_asked(TransportKind kind)
    {
        await using ServedConnection served = await ServedConnection.StartHandlerAsync(kind, EchoBodyAsync);

        await served.Client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        Assert.Equal(100, (await served.Client.ResponseAsync()).Status);
        await served.Client.SendAsync("hello");

        Assert.Equal("hello", (await served.Client.AnswerAsync()).Text);
        Assert.Equal(200, (await served.Client.GetAsync("/")).Status);
    }

    [Fact]
    public async Task A_broken_body_gets_400_whatever_the_handler_makes_of_it()
    {
        await using ServedConnection served = await ServedConnection.StartHandlerAsync(TransportKind.Portable, EchoBodyAsync);

        await served.Client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxx");

        Assert.Equal(400, (await served.Client.AnswerAsync()).Status);
        await served.Client.AssertClosedAsync();
        Assert.Empty(served.Faults);
        Assert.Equal(400, (await served.RecordAsync()).Status);
    }

    [Fact]
    public async Task A_body_that_does_not_come_in_time_gets_408()
    {
        await using ServedConnection served = await ServedConnection.StartHandlerAsync(TransportKind.Portable, EchoBodyAsync);
        await served.Client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc");

        await served.PassServingAsync(1000, () => served.Ended.IsCompleted);

        Assert.Equal(408, (await served.Client.AnswerAsync()).Status);
        HttpRequestRecord record = await served.RecordAsync();
        Assert.Equal(("POST", 408), (record.Method, record.Status));
        Assert.Empty(served.Faults);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Of_a_client_that_leaves_in_its_body_no_fault_is_told(TransportKind kind)
    {
        await using ServedConnection served = await ServedConnection.StartHandlerAsync(kind, EchoBodyAsync);
        await served.Client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc");

        served.Client.Dispose();

        await served.Ended.Soon();
        Assert.Empty(served.Faults);
    }

    [Fact]
    public async Task A_body_takes_memory_only_as_it_comes()
    {
        TaskCompletionSource<long> allocated = new();
        await using ServedConnection served = await ServedConnection.StartHandlerAsync(TransportPair.Kinds[0], async exchange =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            ValueTask<byte[]?> reading = exchange.ReadBodyAsync(100_000_000);
            allocated.SetResult(GC.GetAllocatedBytesForCurrentThread() - before);
            exchange.Answer(200, s_fields, Content.Of((await reading)!));
        });
        await served.Client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n");

        Assert.InRange(await allocated.Task.Soon(), 0, 1_000_000);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(100_000)]
    public async Task A_body_of_any_length_is_read_as_a_whole(int length)
    {
        byte[] body = WebFolder.Noise(length);
        await using ServedConnection served = await ServedConnection.StartHandlerAsync(TransportPair.Kinds[0], async exchange =>
            exchange.Answer(200, s_fields, Content.Of((await exchange.ReadBodyAsync(100_000))!)));
        await served.Client.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
        await served.Client.SendAsync(body);

        Assert.Equal(body, (await served.Client.ResponseAsync()).Body);
    }

    [Fact]
    public async Task A_body_is_not_read_into_nothing()
    {
        await using ServedConnection served = await ServedConnection.StartHandlerAsync(TransportPair.Kinds[0], async exchange =>
        {
            await Assert.ThrowsAsync<ArgumentException>(() => exchange.ReadAsync(Memory<byte>.Empty).AsTask());
            exchange.Answer(200, s_fields, Content.None);
        });
        await served.Client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n");
        await served.Client.SendAsync("x");

        Assert.Equal(200, (await served.Client.ResponseAsync()).Status);
    }

    private static async ValueTask EchoBodyAsync(HttpExchange exchange)
    {
        if (await exchange.ReadBodyAsync(MostBytes) is { } body)
        {
            Assert.False(LoopThread.IsCurrent);
            exchange.Answer(200, s_fields, Content.Of(body));
        }
    }
}
