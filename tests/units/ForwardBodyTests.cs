using System.Text;
using PSNetLab.Engine.Http.Forward;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Tests;

/// <summary>Bodies of each framing and size, on their way to the upstream and back.</summary>
public sealed class ForwardBodyTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Theory]
    [InlineData("Content-Length: 11\r\n\r\nhello world", "Content-Length: 11\r\n\r\nhello world")]
    [InlineData("Content-Length: 0\r\n\r\n", "Content-Length: 0\r\n\r\n")]
    [InlineData(
        "Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 1\r\nContent-Length: 3\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\nX-Sum: 1\r\n\r\n")]
    public async Task A_body_is_passed_on_with_its_framing_made_anew(string sent, string expected)
    {
        string want = $"POST /x HTTP/1.1\r\nHost: {{0}}\r\n{expected}";
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            string text = want.Replace("{0}", peer.Socket.LocalEndPoint!.ToString(), StringComparison.Ordinal);
            Assert.Equal(text, await peer.ReadTextAsync(text));
            await peer.SendAsync(Ok);
            await peer.ReadToEndAsync();
        });
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync($"POST /x HTTP/1.1\r\nHost: a\r\n{sent}");

        Assert.Equal("ok", (await client.AnswerAsync()).Text);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", "")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nhe\r\n3\r\nllo\r\n0\r\nX-Sum: 7\r\n\r\n", "hello", "X-Sum: 7")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nhello", "hello", "")]
    [InlineData("HTTP/1.0 200 OK\r\n\r\nhello", "hello", "")]
    public async Task An_answer_of_each_framing_arrives_whole(string answer, string body, string trailer)
    {
        await using ScriptedServer upstream = new(answer);
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        string got = Encoding.Latin1.GetString(await client.RestAsync());

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", got);
        Assert.Contains(body, string.Concat(got.Split("\r\n").Where(line => !line.StartsWith('5'))), StringComparison.Ordinal);
        Assert.Equal(trailer.Length > 0, got.Contains(trailer + "\r\n\r\n", StringComparison.Ordinal) && trailer.Length > 0);
        Assert.True(!got.Contains("chunked", StringComparison.Ordinal) || got.EndsWith("\r\n\r\n", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", 200, "500")]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 200, null)]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\n\r\n", 204, null)]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n", 304, null)]
    public async Task Answers_without_a_body_leave_the_connection_ready(string method, string text, int status, string? length)
    {
        await using ScriptedServer upstream = new((peer, _) => peer.AnswerAllAsync(text, Ok));
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        HttpAnswer answer = await client.AskAsync(method, "/");

        Assert.Equal((status, length), (answer.Status, answer["Content-Length"]));
        Assert.Equal("ok", (await client.GetAsync("/")).Text);
        Assert.Equal(1, upstream.Connections);
    }

    [Fact]
    public async Task A_long_body_that_was_read_for_a_route_may_be_refused_by_who_reads_none_of_it()
    {
        TaskCompletionSource answered = new();
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
            await answered.Task;
        });
        HttpRoute other = new(
            StubServer.Criteria("POST /a") with { Headers = [("X", ValueCriterion.Present)] }, [new StubAnswer()], new RouteSettings());
        await using ForwardServer server = new(
            new UpstreamOptions { Uri = upstream.Uri, Timeout = TimeSpan.FromSeconds(5) }, other);
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync($"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 16000000\r\n\r\n{new string('x', 16_000_000)}");

        HttpAnswer answer = await client.AnswerAsync();
        answered.SetResult();
        Assert.Equal((413, "big"), (answer.Status, answer.Text));
    }

    [Fact]
    public async Task Large_bodies_pass_in_pieces_and_are_not_held()
    {
        const int Size = 128 * 1024 * 1024;
        byte[] piece = new byte[1024 * 1024];
        Random.Shared.NextBytes(piece);
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {Size}\r\n\r\n");
            for (int i = 0; i < Size; i += piece.Length)
            {
                await peer.SendAsync(await peer.ReadAsync(piece.Length));
            }
        });
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();
        int sent = 0;

        // The upstream answers from the first byte on, and the client reads nothing: only the buffers of the sockets may fill.
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {Size}\r\n\r\n");
        _ = Task.Run(async () =>
        {
            while (sent < Size)
            {
                await client.SendAsync(piece);
                Interlocked.Add(ref sent, piece.Length);
            }
        });
        int last;
        do
        {
            last = Volatile.Read(ref sent);
            await Task.Delay(250);
        }
        while (last == 0 || last != Volatile.Read(ref sent));

        Assert.InRange(last, 1, Size / 2);
    }

    [Fact]
    public async Task An_upload_and_a_download_of_many_pieces_arrive_as_they_were()
    {
        const int Size = 8 * 1024 * 1024;
        byte[] data = new byte[Size];
        Random.Shared.NextBytes(data);
        byte[] got = [];
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            got = await peer.ReadAsync(Size);
            await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {Size}\r\n\r\n");
            await peer.SendAsync(got);
            await peer.ReadToEndAsync();
        });
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync($"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: {Size}\r\n\r\n");
        await client.SendAsync(data);
        HttpAnswer answer = await client.AnswerAsync();

        Assert.Equal(data, got);
        Assert.Equal(data, answer.Body);
    }
}
