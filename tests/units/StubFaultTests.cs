using System.Net.Sockets;
using System.Text;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Tests;

/// <summary>Answers that go wrong, byte by byte.</summary>
public sealed class StubFaultTests
{
    private const string Body = "0123456789";

    [Theory]
    [InlineData(HttpFault.Empty, null, "")]
    [InlineData(HttpFault.Truncate, null, "Content-Length: 10\r\n\r\n01234")]
    [InlineData(HttpFault.Truncate, 3L, "Content-Length: 10\r\n\r\n012")]
    [InlineData(HttpFault.Truncate, 99L, "Content-Length: 10\r\n\r\n012345678")]
    [InlineData(HttpFault.ChunkError, null, "Transfer-Encoding: chunked\r\n\r\n5\r\n01234\r\nnot-a-size\r\n")]
    [InlineData(HttpFault.ChunkError, 0L, "Transfer-Encoding: chunked\r\n\r\nnot-a-size\r\n")]
    [InlineData(HttpFault.WrongLength, null, "Content-Length: 5\r\n\r\n0123456789")]
    [InlineData(HttpFault.BadStatusLine, null, "Content-Length: 10\r\n\r\n0123456789")]
    [InlineData(HttpFault.SlowBody, null, "Content-Length: 10\r\n\r\n0123456789")]
    public async Task A_fault_has_its_bytes_and_then_the_end(HttpFault fault, long? after, string end)
    {
        await using StubServer server = Start(fault, after);
        using HttpPeer peer = await server.ConnectAsync();

        await peer.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
        string all = Encoding.Latin1.GetString(await peer.RestAsync());

        Assert.EndsWith(end, all, StringComparison.Ordinal);
        Assert.Equal(fault is HttpFault.Empty, all.Length == 0);
        Assert.Equal(fault is not (HttpFault.Empty or HttpFault.BadStatusLine),
            all.StartsWith("HTTP/1.1 200 OK\r\nDate: ", StringComparison.Ordinal));
        await Waiting.Until(() => server.Records().Count == 1);
        HttpRequestRecord record = server.Records()[0];
        Assert.Equal("GET /a", record.Route);
        Assert.Equal(fault == HttpFault.SlowBody, record.Completed);

        // Without the head, as in every record.
        int head = all.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        Assert.Equal(head < 0 ? 0 : all.Length - head - 4, record.BytesSent);
        Assert.Empty(server.Observer.FaultsLeft());
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData(4L, 4)]
    public async Task A_reset_is_one(long? after, int bytes)
    {
        await using StubServer server = Start(HttpFault.Reset, after);
        using HttpPeer peer = await server.ConnectAsync();
        await peer.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
        List<byte> all = [];
        byte[] buffer = new byte[1000];
        SocketException error = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            int count;
            while ((count = await peer.Socket.ReceiveAsync(buffer).Soon()) > 0)
            {
                all.AddRange(buffer[..count]);
            }
        });

        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        Assert.True(bytes == 0 || all.Count == 0 || Encoding.Latin1.GetString([.. all]).EndsWith("0123", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_stalled_answer_ends_when_the_client_leaves()
    {
        await using StubServer server = Start(HttpFault.Stall, 3);
        using (HttpPeer peer = await server.ConnectAsync())
        {
            await peer.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
            string head = string.Empty;
            while (!head.EndsWith("012", StringComparison.Ordinal))
            {
                head += Encoding.Latin1.GetString(await peer.BytesAsync(1));
            }

            Assert.Equal(1, server.Server.ConnectionCount);
        }

        await Waiting.Until(() => server.Server.ConnectionCount == 0);
    }

    [Fact]
    public async Task A_stalled_answer_does_not_hold_a_server_that_stops()
    {
        StubServer server = Start(HttpFault.Stall, 3);
        using HttpPeer peer = await server.ConnectAsync();
        await peer.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
        await peer.BytesAsync(20);

        await server.DisposeAsync();
    }

    [Fact]
    public async Task Garbage_is_no_answer()
    {
        await using StubServer server = Start(HttpFault.Garbage, null);
        using HttpPeer peer = await server.ConnectAsync();
        await peer.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");

        byte[] all = await peer.RestAsync();
        Assert.NotEmpty(all);
        Assert.Equal(0xFF, all[0]);
    }

    [Fact]
    public async Task A_slow_body_takes_its_time()
    {
        StubAnswer slow = new() { Bytes = new byte[2000], BytesPerSecond = 4000 };
        await using StubServer server = new(new HttpRoute(StubServer.Criteria("/"), [slow], new RouteSettings()));
        long start = Environment.TickCount64;

        Assert.Equal(2000, (await server.AskAsync("GET", "/")).Body.Length);
        Assert.InRange(Environment.TickCount64 - start, 450, 20_000);
        Assert.Empty((await server.AskAsync("HEAD", "/")).Body);
    }

    private static StubServer Start(HttpFault fault, long? after)
    {
        StubAnswer answer = new() { Bytes = HttpHead.Bytes(Body), Fault = fault, AfterBytes = after };
        return new StubServer(new HttpRoute(StubServer.Criteria("GET /a"), [answer], new RouteSettings()));
    }
}
