using System.Net.Sockets;
using System.Text;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Http.Forward;
using PSNetLab.Engine.Http.Recordings;

namespace PSNetLab.Engine.Tests;

/// <summary>An upload and its answer at the same time, and uploads that end early on one side or the other.</summary>
public sealed class ForwardUploadTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string Chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

    [Fact]
    public async Task A_client_that_waits_for_100_gets_it_when_the_upstream_wants_the_body()
    {
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            Assert.Contains("Expect: 100-continue", await peer.ReadHeadAsync(), StringComparison.Ordinal);
            await peer.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
            Assert.Equal("hello", await peer.ReadTextAsync("hello"));
            await peer.SendAsync(Ok);
            await peer.ReadToEndAsync();
        });
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        Assert.Equal(100, (await client.ResponseAsync()).Status);
        await client.SendAsync("hello");

        Assert.Equal("ok", (await client.AnswerAsync()).Text);
    }

    [Fact]
    public async Task A_client_that_waits_for_100_gets_the_refusal_instead()
    {
        await using ScriptedServer upstream = new(
            (peer, _) => peer.AnswerAllAsync("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno"));
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");

        Assert.Equal((401, "no"), await client.AnswerAsync() is var answer ? (answer.Status, answer.Text) : default);
    }

    [Fact]
    public async Task A_refusal_in_the_middle_of_an_upload_is_passed_on_at_once()
    {
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
            await peer.ReadToEndAsync();
        });
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\nthe rest never comes");

        Assert.Equal((413, "big"), await client.AnswerAsync() is var answer ? (answer.Status, answer.Text) : default);
    }

    [Theory]
    [InlineData("Content-Length: 9")]
    [InlineData("Transfer-Encoding: chunked")]
    public async Task Each_piece_is_answered_before_the_next_one_is_sent(string framing)
    {
        bool isChunked = framing[0] == 'T';
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync(Chunked);
            for (int i = 0; i < 3; i++)
            {
                string got = isChunked ? await peer.ReadTextAsync("3\r\nabc\r\n") : $"3\r\n{await peer.ReadTextAsync("abc")}\r\n";
                await peer.SendAsync(got);
            }

            await peer.SendAsync("0\r\n\r\n");
            await peer.ReadToEndAsync();
        });
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n");
        foreach (string piece in new[] { "abc", "def", "ghi" })
        {
            await client.SendAsync(isChunked ? $"3\r\n{piece}\r\n" : piece);
            if (piece == "abc")
            {
                int head = Chunked.Length + "Date: \r\n".Length + Http.Protocol.HttpDate.Length;
                Assert.EndsWith("\r\n\r\n", Encoding.ASCII.GetString(await client.BytesAsync(head)));
            }

            Assert.Equal($"3\r\n{piece}\r\n", Encoding.ASCII.GetString(await client.BytesAsync(8)));
        }

        await client.SendAsync(isChunked ? "0\r\n\r\n" : string.Empty);
        Assert.Equal("0\r\n\r\n", Encoding.ASCII.GetString(await client.BytesAsync(5)));
    }

    [Theory]
    [InlineData(Ok, "ok")]
    [InlineData(Chunked + "2\r\nok\r\n0\r\n\r\n", "ok")]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", "")]
    public async Task An_answer_that_is_complete_early_arrives_and_the_upload_goes_on(string answer, string text)
    {
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync(answer);
            Assert.Equal("hello world", await peer.ReadTextAsync("hello world"));
            await peer.AnswerAllAsync(Ok);
        });
        Recorder recorder = new(new RecorderOptions(null, new Redactor(), 10, 1000), []);
        await using ForwardServer server = new(new UpstreamOptions { Uri = upstream.Uri }, recorder);
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello");
        Assert.Equal(text, (await client.ResponseAsync()).Text);
        await client.SendAsync(" world");

        Assert.Equal("ok", (await client.GetAsync("/next")).Text);
        Assert.Equal(1, upstream.Connections);
        Assert.Equal("hello world"u8.ToArray(), recorder.Read()[0].RequestBody);
    }

    [Fact]
    public async Task Large_bodies_go_both_ways_at_the_same_time()
    {
        const int Size = 32 * 1024 * 1024;
        byte[] data = new byte[Size];
        Random.Shared.NextBytes(data);
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {Size}\r\n\r\n");
            for (int i = 0; i < Size; i += 32 * 1024)
            {
                await peer.SendAsync(await peer.ReadAsync(32 * 1024));
            }

            await peer.AnswerAllAsync(Ok);
        });
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {Size}\r\n\r\n");
        Task sending = client.SendAsync(data);
        HttpAnswer answer = await client.AnswerAsync();
        await sending;

        Assert.True(data.AsSpan().SequenceEqual(answer.Body));
        Assert.Equal("ok", (await client.GetAsync("/")).Text);
        Assert.Equal(1, upstream.Connections);
    }

    [Fact]
    public async Task A_refusal_is_passed_on_although_the_upstream_takes_nothing_more_and_stays_open()
    {
        TaskCompletionSource ended = new();
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.ReadAsync(1024 * 1024);
            await peer.SendAsync("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig");
            await ended.Task;
        });
        Recorder recorder = new(new RecorderOptions(null, new Redactor(), 10, 100_000_000), []);
        await using ForwardServer server = new(new UpstreamOptions { Uri = upstream.Uri }, recorder);
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n");
        Task sending = SendForeverAsync(client);
        Assert.Equal((413, "big"), await client.AnswerAsync() is var answer ? (answer.Status, answer.Text) : default);

        // What was cut off is no part of what the next client must send to get the same answer.
        Assert.Null(Assert.Single(recorder.Read()).RequestBody);
        client.Dispose();
        await sending;
        ended.SetResult();
    }

    [Fact]
    public async Task Interim_answers_are_passed_on_during_an_upload()
    {
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n");
            await peer.ReadTextAsync("hello world");
            await peer.AnswerAllAsync(Ok);
        });
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello");
        Assert.Equal("HTTP/1.1 103 Early Hints\r\nLink: </a.css>", (await client.ResponseAsync()).Head);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_resets_during_its_upload_is_not_blamed_on_the_upstream(bool hasAnswer)
    {
        TaskCompletionSource<byte[]> rest = new();
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync(hasAnswer ? Chunked : string.Empty);
            await peer.ReadTextAsync("hello");
            rest.SetResult(await peer.ReadToEndAsync());
        });
        Recorder recorder = new(new RecorderOptions(null, new Redactor(), 10, 1000), []);
        await using ForwardServer server = new(new UpstreamOptions { Uri = upstream.Uri }, recorder);
        using Peer client = await Peer.ConnectAsync(server.Server.EndPoint);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello");
        await Waiting.Until(() => upstream.Connections == 1);
        await client.ReadAsync(hasAnswer ? 10 : 0);

        client.Reset();

        Assert.Empty(await rest.Task.Soon());
        await Waiting.Until(() => server.Server.Server.ConnectionCount == 0);
        Assert.Empty(server.Server.Observer.FaultsLeft());
        Assert.DoesNotContain(server.Server.Records(), record => record.Status >= 500 || record.Completed);
        Assert.Empty(recorder.Read());
    }

    [Fact]
    public async Task A_chunk_that_is_malformed_after_the_answer_began_cuts_both_off()
    {
        TaskCompletionSource<byte[]> rest = new();
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync(Chunked + "2\r\nok\r\n");
            await peer.ReadTextAsync("5\r\nhello\r\n");
            rest.SetResult(await peer.ReadToEndAsync());
        });
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        await client.FillAsync(Chunked.Length);

        await client.SendAsync("evil\r\n");

        Assert.Empty(await rest.Task.Soon());
        Assert.DoesNotContain("0\r\n\r\n", Encoding.ASCII.GetString(await client.RestAsync()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_client_that_stops_sending_is_waited_for_only_so_long(bool hasAnswer)
        => TimeSpan.FromSeconds(0.05).Patiently(async limit =>
        {
            await using ScriptedServer upstream = new(async (peer, _) =>
            {
                await peer.ReadHeadAsync();
                await peer.SendAsync(hasAnswer ? Chunked : string.Empty);
                await peer.ReadToEndAsync();
            });
            Forwarder forwarder = new(new UpstreamOptions { Uri = upstream.Uri, Timeout = limit });
            await using StubServer server = new(new Http.Stub.StubOptions
            {
                Upstream = forwarder,
                RequestTimeout = 6 * limit,
            });
            using HttpPeer client = await server.ConnectAsync();

            await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello");

            if (hasAnswer)
            {
                Assert.DoesNotContain("0\r\n\r\n", Encoding.ASCII.GetString(await client.RestAsync()), StringComparison.Ordinal);
            }
            else
            {
                Assert.Equal(408, (await client.AnswerAsync()).Status);
            }
        });

    private static async Task SendForeverAsync(HttpPeer client)
    {
        try
        {
            while (true)
            {
                await client.SendAsync(new byte[64 * 1024]);
            }
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or TimeoutException)
        {
            // The server has closed, or the test has ended.
        }
    }
}
