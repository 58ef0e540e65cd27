using System.Text;
using PSNetLab.Engine.Http.Client;

namespace PSNetLab.Engine.Tests;

/// <summary>One request and its response, against servers that do not do what is expected.</summary>
public sealed class HttpRoundTripTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public async Task What_was_sent_and_what_came_is_there_to_the_byte()
    {
        const string Response = "HTTP/1.1 103 Early\r\nLink: a\r\n\r\n"
            + "HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\nSet-Cookie: a\r\nset-cookie: b\r\n\r\n"
            + "2\r\nok\r\n0\r\nX-Sum: 2\r\n\r\n";
        TaskCompletionSource<string> request = new();
        await using ScriptedServer server = new(async (peer, _) =>
        {
            request.SetResult(await peer.ReadHeadAsync());
            await peer.SendAsync(Response);
        });

        (HttpExchangeResult result, NetLabException? fault) = await SendAsync(server, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Null(fault);
        Assert.True(result.Complete);
        Assert.Equal("GET /a HTTP/1.1\r\nHost: x\r\n\r\n", await request.Task);
        Assert.Equal("GET /a HTTP/1.1\r\nHost: x\r\n\r\n", result.Request.Text);
        Assert.Equal(
            ("GET", "/a", "HTTP/1.1", "x"),
            (result.Request.Method, result.Request.Target, result.Request.Version, result.Request.Headers["host"]));
        IEnumerable<string> interim = result.Informational.Cast<HttpReceivedResponse>().Select(one => one.Text);
        Assert.Equal(Response, string.Concat(interim) + result.Response!.Text);
        Assert.Equal(
            (200, "Fine", "ok", "X-Sum: 2"),
            (result.StatusCode, result.Response.ReasonPhrase, result.Response.BodyText, result.Response.Trailers.ToString()));
        Assert.Equal(["Set-Cookie: a", "set-cookie: b"], result.Response.Headers.Skip(1).Select(field => field.ToString()));
        Assert.Equal("a, b", result.Response.Headers["SET-COOKIE"]);
        Assert.Empty(result.Remarks);
    }

    [Fact]
    public async Task The_phases_add_up_and_those_that_did_not_happen_are_null()
    {
        await using ScriptedServer server = new(Answer);

        (HttpExchangeResult result, _) = await SendAsync(server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Null(result.ResolveMilliseconds);
        Assert.Null(result.TlsMilliseconds);
        double? sum = result.Phases.Connect + result.Phases.Send + result.Phases.Wait + result.Phases.Receive;
        Assert.Equal(result.Phases.Total, sum!.Value, 0.001);
    }

    [Fact]
    public async Task An_answer_before_the_whole_request_is_taken()
    {
        // Nobody reads the rest of the body, which is larger than what the system takes.
        TaskCompletionSource isOver = new();
        await using ScriptedServer server = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
            await isOver.Task;
        });

        (HttpExchangeResult result, NetLabException? fault) = await SendAsync(
            server, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n", content: new byte[50_000_000]);

        isOver.SetResult();
        Assert.Null(fault);
        Assert.Equal(413, result.StatusCode);
        Assert.Contains(result.Remarks, remark => remark.Contains("before the whole request", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n", true)]
    [InlineData("", true)]
    [InlineData("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n", false)]
    public async Task The_body_waits_for_Continue(string before, bool isSent)
    {
        TaskCompletionSource<string> body = new();
        await using ScriptedServer server = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync(before);
            body.SetResult(isSent ? await peer.ReadTextAsync("body") : Encoding.ASCII.GetString(await peer.ReadToEndAsync()));
            await peer.SendAsync(isSent ? Answer : string.Empty);
        });

        RoundTripOptions trip = new() { ContinueWait = before.Length == 0 ? TimeSpan.FromMilliseconds(20) : TimeSpan.FromMinutes(1) };
        (HttpExchangeResult result, _) = await SendAsync(
            server, "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n", "body"u8.ToArray(), trip);

        Assert.Equal(isSent ? "body" : string.Empty, await body.Task.Soon());
        Assert.Equal(isSent ? 200 : 417, result.StatusCode);
    }

    [Fact]
    public async Task Interim_responses_without_end_are_a_fault()
    {
        await using ScriptedServer server = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            for (int i = 0; i < 1000; i++)
            {
                await peer.SendAsync("HTTP/1.1 102 Processing\r\n\r\n");
            }
        });

        (_, NetLabException? fault) = await SendAsync(server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Equal(FaultKind.ResponseMalformed, fault!.Kind);
        Assert.Contains("1xx", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nX: ")]
    [InlineData("HTTP/1.1 200 OK\nX: ")]
    [InlineData("HTTP/1.1 ")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ")]
    public async Task What_has_no_end_ends_at_a_limit(string start)
    {
        await using ScriptedServer server = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync(start);
            byte[] more = Encoding.ASCII.GetBytes(new string('1', 10_000));
            while (true)
            {
                await peer.SendAsync(more);
            }
        });

        (_, NetLabException? fault) = await SendAsync(server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Equal(FaultKind.ResponseMalformed, fault!.Kind);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_is_kept_up_to_the_limit(bool countsRest)
    {
        await using ScriptedServer server = new($"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{new string('x', 100_000)}");

        (HttpExchangeResult result, NetLabException? fault) = await SendAsync(
            server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", trip: new() { MostBodyBytes = 1000, CountsRest = countsRest });

        Assert.Equal(countsRest ? null : FaultKind.MessageTooLong, fault?.Kind);
        Assert.Equal(countsRest, result.Complete);
        Assert.Equal(1000, result.Response!.BodyBytes.Length);
    }

    [Fact]
    public async Task The_end_of_this_side_is_sent_when_that_is_wanted()
    {
        await using ScriptedServer server = new(async (peer, _) =>
        {
            byte[] all = await peer.ReadToEndAsync();
            await peer.SendAsync($"HTTP/1.1 200 OK\r\n\r\n{all.Length}");
        });

        (HttpExchangeResult result, _) = await SendAsync(server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", trip: new() { HalfCloses = true });

        Assert.Equal("27", result.Response!.BodyText);
    }

    [Theory]
    [InlineData("", "did not answer")]
    [InlineData("HTTP/1.1 2", "did not complete the head")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "sent 4 bytes of the body")]
    public Task What_takes_too_long_is_told_with_what_there_is(string start, string why)
        => TimeSpan.FromSeconds(0.3).Patiently(async limit =>
        {
            TaskCompletionSource isOver = new();
            await using ScriptedServer server = new(async (peer, _) =>
            {
                await peer.ReadHeadAsync();
                await peer.SendAsync(start);
                await isOver.Task;
            });

            (HttpExchangeResult result, NetLabException? fault) = await SendAsync(
                server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", timeout: limit);

            isOver.SetResult();
            Assert.Equal(FaultKind.ReceiveTimeout, fault!.Kind);
            Assert.Contains(why, result.Reason, StringComparison.Ordinal);
            Assert.Equal(start, result.Response?.Text ?? string.Empty);
            Assert.False(result.Complete);
        });

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "Host header")]
    [InlineData("GET / HTTP/1.1\nHost: x\n\n", "CRLF")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n", "empty line")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc", "only 3 bytes follow")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n\r\nabc", "3 bytes follow")]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "last chunk is missing")]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd", "malformed")]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc", "both Content-Length")]
    public async Task What_a_strict_server_refuses_is_remarked_on(string request, string remark)
    {
        await using ScriptedServer server = new(async (peer, _) =>
        {
            await peer.ReadAsync(request.Length);
            await peer.SendAsync(Answer);
        });

        (HttpExchangeResult result, _) = await SendAsync(server, request);

        Assert.Contains(result.Remarks, said => said.StartsWith("Request: ", StringComparison.Ordinal)
            && said.Contains(remark, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 0\n\n", "Response: A line ends with CR or LF alone")]
    [InlineData(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 1\r\n\r\n",
        "Response: Content-Length must not be in a trailer")]
    [InlineData("HTTP/1.1 204 OK\r\n\r\nmore", "4 bytes came after the end")]
    [InlineData(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "Response: The body has a transfer coding other than chunked")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: br\r\n\r\n", "Response: The body has a transfer coding other than chunked")]
    [InlineData("HTTP/1.1 100 OK\n\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "Response 100: A line ends")]
    public async Task What_a_strict_client_refuses_is_remarked_on(string response, string remark)
    {
        await using ScriptedServer server = new(response);

        (HttpExchangeResult result, NetLabException? fault) = await SendAsync(server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Null(fault);
        Assert.Contains(result.Remarks, said => said.Contains(remark, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: Identity\r\n\r\n")]
    public async Task A_coding_that_changes_nothing_is_no_coding(string response)
    {
        await using ScriptedServer server = new($"HTTP/1.1 200 OK\r\n{response}");

        (HttpExchangeResult result, NetLabException? fault) = await SendAsync(server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Null(fault);
        Assert.Empty(result.Remarks);
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("000000000000001", false)]
    public async Task The_framing_of_a_body_has_a_limit_too(string size, bool isAllowed)
    {
        const int Chunks = 100_000;
        string chunks = string.Concat(Enumerable.Repeat($"{size}\r\nx\r\n", Chunks));
        await using ScriptedServer server = new($"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n");

        (HttpExchangeResult result, NetLabException? fault) = await SendAsync(
            server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", trip: new() { MostBodyBytes = Chunks });

        Assert.Equal(isAllowed, result.Complete);
        Assert.Equal(isAllowed ? null : FaultKind.MessageTooLong, fault?.Kind);
        Assert.Equal(!isAllowed, result.Reason?.Contains("chunk sizes", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task What_is_not_HTTP_is_there_in_bytes()
    {
        await using ScriptedServer server = new("SSH-2.0-x\r\n");

        (HttpExchangeResult result, NetLabException? fault) = await SendAsync(server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Equal(FaultKind.ResponseMalformed, fault!.Kind);
        Assert.Equal("SSH-2.0-x\r\n", result.Response!.Text);
        Assert.Null(result.StatusCode);
    }

    [Fact]
    public async Task A_connection_that_was_open_stays_open_and_keeps_what_is_left()
    {
        await using ScriptedServer server = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync(Answer + "line\n");
            await peer.ReadHeadAsync();
            await peer.SendAsync(Answer);
            await peer.ReadToEndAsync();
        });
        using TcpConnection connection = await Tcp.TcpConnector.ConnectAsync(
            new() { Host = "127.0.0.1", Port = server.EndPoint.Port, Framing = Framing.DelimiterFraming.Line }, default).Soon();

        Assert.Equal(200, await OverAsync());
        Assert.Equal("line", await connection.NextTextAsync());
        Assert.Equal(200, await OverAsync());
        Assert.Equal(2 * 27, connection.BytesSent);
        Assert.Equal((2 * Answer.Length) + 5, connection.BytesReceived);
        Assert.Equal(TcpConnectionState.Established, connection.State);

        async Task<int?> OverAsync()
        {
            using TcpConnection.Loan loan = await connection.LendAsync(default).Soon();
            HttpClientConnection open = new("http://peer", loan.Transport, loan.Received);
            (HttpExchangeResult result, _) = await HttpSender.SendAsync(
                Options(server.Uri, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", [], null, null), open, default).Soon();
            loan.Sent = open.BytesSent;
            loan.Got = open.BytesReceived;
            return result.StatusCode;
        }
    }

    [Fact]
    public async Task A_connection_is_lent_to_one_at_a_time()
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(TransportPair.Kinds[0]);
        using (await pair.Client.LendAsync(default).Soon())
        {
            NetLabException busy = await Assert.ThrowsAsync<NetLabException>(() => pair.Client.LendAsync(default).Soon());
            Assert.Equal(FaultKind.ConnectionBusy, busy.Kind);
        }

        pair.Client.Dispose();
        NetLabException closed = await Assert.ThrowsAsync<NetLabException>(() => pair.Client.LendAsync(default).Soon());
        Assert.Equal(FaultKind.ConnectionClosed, closed.Kind);
    }

    private static Task<(HttpExchangeResult Result, NetLabException? Fault)> SendAsync(
        ScriptedServer server, string head, byte[]? content = null, RoundTripOptions? trip = null, TimeSpan? timeout = null)
        => HttpSender.SendAsync(Options(server.Uri, head, content ?? [], trip, timeout), open: null, default).Soon();

    private static HttpSendOptions Options(HttpUri uri, string head, byte[] content, RoundTripOptions? trip, TimeSpan? timeout)
        => new(uri, Encoding.ASCII.GetBytes(head), content) { Trip = trip ?? new(), Timeout = timeout ?? TimeSpan.FromSeconds(15) };
}
