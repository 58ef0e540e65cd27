using System.Buffers;
using System.Net.Security;
using System.Text;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Http.Forward;
using PSNetLab.Engine.Http.Recordings;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Tests;

/// <summary>What must not pass between the clients and the upstream.</summary>
public sealed class ForwardGatewayTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    /// <summary>It was for this server (RFC 9110, section 11.6.2).</summary>
    [Theory]
    [InlineData(true, "GET")]
    [InlineData(true, "POST")]
    [InlineData(false, "GET")]
    public async Task A_login_that_was_for_this_server_does_not_reach_the_upstream(bool isOurs, string method)
    {
        string seen = string.Empty;
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            seen = await peer.ReadHeadAsync();
            await peer.SendAsync(Ok);
            await peer.ReadToEndAsync();
        });
        Recorder recorder = new(new RecorderOptions(null, new(), 10, 1000), []);
        await using StubServer server = new(new StubOptions
        {
            Credential = isOurs ? new BasicCredential("user", "secret") : null,
            Upstream = new Forwarder(new UpstreamOptions { Uri = upstream.Uri }, recorder),
        });

        string body = method == "POST" ? "x" : string.Empty;
        using HttpPeer client = await server.ConnectAsync();
        await client.SendAsync($"{method} / HTTP/1.1\r\nHost: a\r\nauthorization: Basic dXNlcjpzZWNyZXQ=\r\nX-Kept: 1\r\n"
            + $"Content-Length: {body.Length}\r\n\r\n{body}");

        Assert.Equal("ok", (await client.AnswerAsync()).Text);
        Assert.Equal(!isOurs, seen.Contains("authorization: Basic dXNlcjpzZWNyZXQ=", StringComparison.Ordinal));
        Assert.Contains("X-Kept: 1", seen, StringComparison.Ordinal);
        IEnumerable<string> recorded = Assert.Single(recorder.Read()).RequestFields.Select(field => field.Key);
        Assert.Equal(isOurs ? ["Host", "X-Kept"] : ["Host", "authorization", "X-Kept"], recorded);
    }

    [Theory]
    [InlineData("/..")]
    [InlineData("/../admin")]
    [InlineData("/%2e%2E/admin")]
    [InlineData("/.%2e?q")]
    [InlineData("/a/../../x")]
    [InlineData("/a/b/../../c/../../x")]
    [InlineData("/./../x")]
    [InlineData("//../x")]
    [InlineData("http://a/../x")]
    [InlineData("/..%2fadmin")]
    [InlineData("/..\\admin")]
    [InlineData("/a/..%5C../x")]
    [InlineData("/x%2fy/../..")]
    [InlineData("/..;/admin")]
    [InlineData("/..;a=b%2Fx")]
    public async Task A_path_that_may_leave_the_part_of_the_upstream_that_is_served_is_refused(string target)
    {
        await using ScriptedServer upstream = new(Ok);
        await using ForwardServer server = new(HttpUri.Parse($"http://{upstream.EndPoint}/base"));
        using HttpPeer client = await server.ConnectAsync();

        HttpAnswer answer = await client.GetAsync(target);

        Assert.Equal(400, answer.Status);
        Assert.Contains("'..'", answer.Text, StringComparison.Ordinal);
        Assert.Equal(0, upstream.Connections);

        // An upstream that is served as a whole sees to that itself.
        await using ForwardServer whole = new(upstream.Uri);
        Assert.Equal("ok", (await whole.Server.AskAsync("GET", target)).Text);
    }

    [Theory]
    [InlineData("/a/../b")]
    [InlineData("/a/b/../../c")]
    [InlineData("/...")]
    [InlineData("/..a/a../.b/%2e%2ex")]
    [InlineData("/a%2Fb/../c")]
    [InlineData("/a;..;x/..")]
    [InlineData("/a?/../..")]
    [InlineData("?../..")]
    [InlineData("/%zz/..")]
    public async Task Other_paths_are_passed_on_as_they_are(string target)
    {
        string seen = string.Empty;
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            seen = await peer.ReadHeadAsync();
            await peer.SendAsync(Ok);
        });
        await using ForwardServer server = new(HttpUri.Parse($"http://{upstream.EndPoint}/base"));

        Assert.Equal("ok", (await server.Server.AskAsync("GET", target[0] == '?' ? $"http://a{target}" : target)).Text);
        Assert.StartsWith($"GET /base{(target[0] == '?' ? "/" : string.Empty)}{target} HTTP/1.1", seen);
    }

    [Theory]
    [InlineData("Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: deflate\r\n\r\nab")]
    public async Task An_answer_in_another_transfer_coding_than_chunks_is_not_passed_on_without_it(string answer)
    {
        await using ScriptedServer upstream = new($"HTTP/1.1 200 OK\r\n{answer}");
        await using ForwardServer server = new(upstream.Uri);

        HttpAnswer got = await server.Server.AskAsync("GET", "/");

        Assert.Equal(502, got.Status);
        Assert.Contains("transfer coding", got.Text, StringComparison.Ordinal);
        Assert.Equal(FaultKind.ResponseMalformed, (await server.Server.Observer.FaultAsync()).Fault.Kind);
    }

    [Theory]
    [InlineData("HEAD", "200 OK")]
    [InlineData("GET", "304 Not Modified")]
    [InlineData("GET", "200 OK", "identity")]
    public async Task A_transfer_coding_that_changes_no_body_is_none(string method, string status, string coding = "gzip")
    {
        await using ScriptedServer upstream = new($"HTTP/1.1 {status}\r\nTransfer-Encoding: {coding}, chunked\r\n\r\n0\r\n\r\n");
        await using ForwardServer server = new(upstream.Uri);

        using HttpPeer client = await server.ConnectAsync();
        await client.SendAsync($"{method} / HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.StartsWith(status[..3], $"{(await client.ResponseAsync(method)).Status}");
    }

    [Fact]
    public async Task The_head_of_a_change_of_protocol_is_made_anew_as_all_others()
    {
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 101 Whatever you like\r\nupgrade: chat\r\nConnection: Upgrade, X-Here, keep-alive\r\n"
                + "X-Here: 1\r\nKeep-Alive: 5\r\nContent-Length: 7\r\nProxy-Authorization: x\r\nX-Kept:\t2 \r\n\r\nhello");
            await peer.ReadToEndAsync();
        });
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n");

        const string Head = "HTTP/1.1 101 Switching Protocols\r\nX-Kept: 2\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n";
        Assert.Equal($"{Head}hello", Encoding.Latin1.GetString(await client.BytesAsync(Head.Length + 5)));
        client.Dispose();
        await Waiting.Until(() => server.Server.Records() is [{ Status: 101, BytesSent: 5 }]);
    }

    /// <summary>RFC 9110, section 7.8.</summary>
    [Fact]
    public async Task A_client_of_HTTP_1_0_cannot_change_the_protocol()
    {
        string seen = string.Empty;
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            seen = await peer.ReadHeadAsync();
            await peer.SendAsync(Ok);
        });
        await using ForwardServer server = new(upstream.Uri);
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync("GET / HTTP/1.0\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n");

        Assert.Equal("ok", (await client.AnswerAsync()).Text);
        Assert.DoesNotContain("Upgrade", seen, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_that_may_be_cut_off_below_TLS_is_neither_whole_nor_recorded(bool endsTls)
    {
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            using SslStream secured = new(peer.Stream, leaveInnerStreamOpen: true);
            await secured.AuthenticateAsServerAsync(Certificates.ServerOptions);
            Assert.NotEqual(0, await secured.ReadAsync(new byte[4096]));
            await secured.WriteAsync("HTTP/1.1 200 OK\r\n\r\nhalf"u8.ToArray());
            if (endsTls)
            {
                await secured.ShutdownAsync();
            }

            peer.HalfClose();
            await peer.ReadToEndAsync();
        });
        Recorder recorder = new(new RecorderOptions(null, new(), 10, 1000), []);
        UpstreamOptions options = new()
        {
            Uri = HttpUri.Parse($"https://{upstream.EndPoint}/"),
            Connect = new HttpConnectOptions { Tls = new IO.TlsClientOptions { SkipCertificateCheck = true } },
        };
        await using ForwardServer server = new(options, recorder);
        using HttpPeer client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        string got = Encoding.Latin1.GetString(await client.RestAsync());

        Assert.Contains("half", got, StringComparison.Ordinal);
        Assert.Equal(endsTls, got.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal));
        await Waiting.Until(() => server.Server.Records() is [var record] && record.Completed == endsTls);
        Assert.Equal(endsTls ? 1 : 0, recorder.Read().Length);
    }

    [Fact]
    public async Task A_large_request_is_not_kept_with_its_connection()
    {
        using TransportPair pair = await TransportPair.CreateAsync(TransportPair.Kinds[0]);
        using UpstreamConnection connection = new(new HttpClientConnection("http://peer", pair.Client), TimeSpan.FromMinutes(1));
        int few = connection.Output.Capacity;
        connection.Output.Write(new byte[70 * 1024]);
        int some = connection.Output.Capacity;
        Task reading = pair.Server.DiscardAsync(default).Soon();
        await connection.FlushAsync(default).Soon();
        Assert.Equal(some, connection.Output.Capacity);

        connection.Output.Write(new byte[1024 * 1024]);
        await connection.FlushAsync(default).Soon();

        Assert.Equal(few, connection.Output.Capacity);
        await pair.Client.ShutdownSendAsync(default).Soon();
        await reading;
    }

    [Fact]
    public async Task A_slow_upstream_is_not_waited_for_when_the_client_has_reset_its_connection()
    {
        TaskCompletionSource asked = new();
        TaskCompletionSource left = new();
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            asked.SetResult();
            await peer.ReadToEndAsync();
            left.SetResult();
        });
        await using ForwardServer server = new(upstream.Uri);
        using Peer client = await Peer.ConnectAsync(server.Server.EndPoint);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await asked.Task.Soon();

        client.Reset();

        await left.Task.Soon();
        await Waiting.Until(() => server.Server.Records() is [{ Status: 0, Completed: false }]);
        Assert.Equal(0, server.Server.Observer.FaultCount);
    }
}
