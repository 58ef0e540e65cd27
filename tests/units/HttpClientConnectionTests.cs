using System.Buffers;
using System.Text;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.IO;
using HttpMethod = PSNetLab.Engine.Http.Protocol.HttpMethod;

namespace PSNetLab.Engine.Tests;

/// <summary>Responses as they arrive over real connections.</summary>
public sealed class HttpClientConnectionTests
{
    private static readonly string[] s_responses =
    [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nX-Sum: 9\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 204 No Content\r\n\r\n",
    ];

    public static TheoryData<TransportKind> Kinds => new(TransportPair.Kinds);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_response_is_the_same_in_one_piece_and_in_pieces(TransportKind kind)
    {
        foreach (string response in s_responses)
        {
            string whole = await AskAsync(kind, response, response.Length);
            Assert.Equal(whole, await AskAsync(kind, response, 1));
            Assert.Equal(whole, await AskAsync(kind, response, 7));
            Assert.EndsWith($"|{response}", whole, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Responses_that_arrive_together_are_read_one_after_the_other()
    {
        using TransportPair pair = await TransportPair.CreateAsync(TransportPair.Kinds[0]);
        using HttpClientConnection connection = new("http://peer", pair.Client);
        await SendAsync(pair.Server, string.Concat(s_responses));

        List<string> bodies = [];
        for (int i = 0; i < s_responses.Length; i++)
        {
            bodies.Add(await ReadAsync(connection));
        }

        Assert.Equal(["200 hello", "200 hello X-Sum: 9", "103 200 hello", "204 "], bodies);
        Assert.Equal(0, connection.Pending);
        Assert.True(connection.MayReuse());
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true)]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", false)]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false)]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 0\n\n", false)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nmore", false)]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", false)]
    public async Task A_connection_is_used_again_only_where_that_is_safe(string response, bool isSafe)
    {
        using TransportPair pair = await TransportPair.CreateAsync(TransportPair.Kinds[0]);
        using HttpClientConnection connection = new("http://peer", pair.Client);
        await SendAsync(pair.Server, response);
        await ReadAsync(connection);

        Assert.Equal(isSafe, connection.MayReuse());
        pair.Server.Dispose();
        await Waiting.Until(() => !connection.MayReuse());
    }

    [Theory]
    [InlineData("", FaultKind.NoResponse)]
    [InlineData("HTTP/1.1 200 OK\r\nA", FaultKind.ResponseTruncated)]
    [InlineData("HTTP/1.1 200 OK\nA", FaultKind.ResponseTruncated)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", FaultKind.ResponseTruncated)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", FaultKind.ResponseTruncated)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n", FaultKind.ResponseTruncated)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloo", FaultKind.ResponseMalformed)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", FaultKind.ResponseMalformed)]
    [InlineData("220 smtp ready\r\n", FaultKind.ResponseMalformed)]
    public async Task What_breaks_off_is_told(string response, FaultKind kind)
    {
        foreach (TransportKind transport in TransportPair.Kinds)
        {
            using TransportPair pair = await TransportPair.CreateAsync(transport);
            using HttpClientConnection connection = new("http://peer", pair.Client);
            await SendAsync(pair.Server, response);
            await pair.Server.ShutdownSendAsync(default).Soon();

            NetLabException fault = await Assert.ThrowsAsync<NetLabException>(() => ReadAsync(connection));

            Assert.Equal(kind, fault.Kind);
            Assert.Contains("http://peer", fault.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("", "without an answer")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", "after 4 bytes of the body")]
    public async Task A_reset_is_told(string response, string when)
    {
        using TransportPair pair = await TransportPair.CreateAsync(TransportPair.Kinds[0]);
        using HttpClientConnection connection = new("http://peer", pair.Client);
        await SendAsync(pair.Server, response);
        Task<string> reading = ReadAsync(connection);
        await Waiting.Until(() => connection.BytesReceived == response.Length);
        pair.Server.ResetOnDispose();
        pair.Server.Dispose();

        NetLabException fault = await Assert.ThrowsAsync<NetLabException>(() => reading);

        Assert.Equal(FaultKind.ConnectionReset, fault.Kind);
        Assert.Contains(when, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waiting_ends_when_it_is_cancelled()
    {
        foreach (TransportKind kind in TransportPair.Kinds)
        {
            using TransportPair pair = await TransportPair.CreateAsync(kind);
            using HttpClientConnection connection = new("http://peer", pair.Client);
            using CancellationTokenSource stop = new();
            Task<ReceivedHead> head = connection.ReadHeadAsync(HttpMethod.Get, stop.Token).AsTask();
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => head.Soon());
        }
    }

    [Fact]
    public async Task A_server_that_sends_for_ever_is_left_when_that_is_cancelled()
    {
        using TransportPair pair = await TransportPair.CreateAsync(TransportPair.Kinds[0]);
        using HttpClientConnection connection = new("http://peer", pair.Client);
        using CancellationTokenSource stop = new();
        Task sending = SendForeverAsync(pair.Server, stop.Token);
        await connection.ReadHeadAsync(HttpMethod.Get, stop.Token).Soon();
        Task reading = Task.Run(async () =>
        {
            byte[] buffer = new byte[64 * 1024];
            while (await connection.ReadBodyAsync(buffer, stop.Token) > 0)
            {
            }
        });
        await Waiting.Until(() => connection.BodyLength > 10_000_000);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.Soon());
        await sending.Soon();
    }

    [Fact]
    public async Task Connections_on_one_thread_keep_their_bytes_apart()
    {
        // Bodies come in small pieces of all connections in turns, so that bytes of one are left while another receives.
        const int Connections = 8;
        const int Length = 3000;
        const int Piece = 50;
        List<TransportPair> pairs = [];
        List<Task<string>> reading = [];
        for (int i = 0; i < Connections; i++)
        {
            pairs.Add(await TransportPair.CreateAsync(TransportPair.Kinds[0]));
            HttpClientConnection connection = new("http://peer", pairs[i].Client);
            reading.Add(ReadAsync(connection, bufferBytes: 5));
        }

        for (int sent = 0; sent <= Length; sent += Piece)
        {
            for (int i = 0; i < Connections; i++)
            {
                await SendAsync(pairs[i].Server, sent == 0
                    ? $"HTTP/1.1 200 OK\r\nContent-Length: {Length}\r\n\r\n"
                    : new string((char)('a' + i), Piece));
            }
        }

        for (int i = 0; i < Connections; i++)
        {
            Assert.Equal($"200 {new string((char)('a' + i), Length)}", await reading[i].Soon());
            pairs[i].Dispose();
        }
    }

    /// <summary>RFC 9112, section 9.8: anybody on the way can end a connection, but not TLS.</summary>
    [Theory]
    [InlineData(true, "\r\nhalf", true)]
    [InlineData(false, "\r\nhalf", false)]
    [InlineData(false, "Content-Length: 4\r\n\r\nhalf", true)]
    [InlineData(false, "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n\r\n", true)]
    public async Task Over_TLS_a_body_that_the_end_ends_needs_the_end_of_TLS(bool endsTls, string response, bool isComplete)
    {
        using TransportPair pair = await TransportPair.CreateAsync(TransportKind.Tls);
        using HttpClientConnection connection = new("http://peer", pair.Client);
        await SendAsync(pair.Server, $"HTTP/1.1 200 OK\r\n{response}");
        if (endsTls)
        {
            await pair.Server.ShutdownSendAsync(default).Soon();
        }
        else
        {
            pair.Server.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        }

        if (isComplete)
        {
            Assert.Equal("200 half", await ReadAsync(connection));
            return;
        }

        NetLabException fault = await Assert.ThrowsAsync<NetLabException>(() => ReadAsync(connection));
        Assert.Equal(FaultKind.ResponseTruncated, fault.Kind);
        Assert.Contains("4 bytes of the body, but not TLS", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Random_responses_end_in_a_response_or_a_fault()
    {
        Random random = new(23);
        byte[] telling = HttpHead.Bytes("\r\n\r\n0123456789abcdef;:=HTTP/1.1 200 OKchunked");
        for (int round = 0; round < 200; round++)
        {
            byte[] bytes = HttpHead.Bytes(s_responses[random.Next(s_responses.Length)]);
            int start = random.Next(bytes.Length);
            RandomText.Fill(random, bytes.AsSpan(start, Math.Min(random.Next(1, 6), bytes.Length - start)), telling);
            using TransportPair pair = await TransportPair.CreateAsync(TransportPair.Kinds[0]);
            using HttpClientConnection connection = new("http://peer", pair.Client);
            await pair.Server.SendAsync(bytes, default).Soon();
            await pair.Server.ShutdownSendAsync(default).Soon();
            try
            {
                await ReadAsync(connection);
            }
            catch (NetLabException fault)
            {
                Assert.Contains(fault.Kind, new[] { FaultKind.ResponseMalformed, FaultKind.ResponseTruncated, FaultKind.NoResponse });
            }
        }
    }

    private static async Task<string> AskAsync(TransportKind kind, string response, int pieceLength)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        using HttpClientConnection connection = new("http://peer", pair.Client);
        ArrayBufferWriter<byte> record = new();
        connection.Record = record;
        Task<string> reading = ReadAsync(connection);
        for (int sent = 0; sent < response.Length; sent += pieceLength)
        {
            await SendAsync(pair.Server, response.Substring(sent, Math.Min(pieceLength, response.Length - sent)));
        }

        return $"{await reading.Soon()}|{Encoding.Latin1.GetString(record.WrittenSpan)}";
    }

    /// <summary>The statuses, the body and the trailers of the next response.</summary>
    private static async Task<string> ReadAsync(HttpClientConnection connection, int bufferBytes = 4096)
    {
        StringBuilder text = new();
        ReceivedHead head;
        do
        {
            head = await connection.ReadHeadAsync(HttpMethod.Get, default).Soon();
            text.Append(head.Status).Append(' ');
        }
        while (head.IsInformational);
        byte[] buffer = new byte[bufferBytes];
        int count;
        while ((count = await connection.ReadBodyAsync(buffer, default).Soon()) > 0)
        {
            text.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }

        return connection.Trailers.Count > 0 ? text.Append(' ').Append(connection.Trailers).ToString() : text.ToString();
    }

    private static Task SendAsync(Transport server, string text) => server.SendAsync(Encoding.Latin1.GetBytes(text), default).Soon();

    private static async Task SendForeverAsync(Transport server, CancellationToken cancellationToken)
    {
        try
        {
            await server.SendAsync(Encoding.Latin1.GetBytes("HTTP/1.1 200 OK\r\n\r\n"), cancellationToken);
            byte[] piece = new byte[64 * 1024];
            while (true)
            {
                await server.SendAsync(piece, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
