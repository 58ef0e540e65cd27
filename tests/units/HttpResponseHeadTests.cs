using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Tests;

/// <summary>Heads of responses, read as strictly as those of requests.</summary>
public class HttpResponseHeadTests
{
    private static readonly string[] s_valid =
    [
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 \r\n\r\n",
        "HTTP/1.1 200\r\n\r\n",
        "HTTP/1.0 404 Not Found here\r\nContent-Length: 12\r\n\r\n",
        "HTTP/1.9 999 \u00fc\t!\r\nA:\r\nb: c\r\nA: d \r\n\r\n",
        "HTTP/1.1 503 Busy\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nRetry-After: 1\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length:\r\n 5\r\nA: b\r\n\tc \r\n \r\n\r\n",
    ];

    // Each ends with the byte that proves the fault.
    private static readonly string[] s_invalid =
    [
        "\r",
        "h",
        "HTTP/1.1  ",
        "HTTP/1.1 20 ",
        "HTTP/1.1 20x",
        "HTTP/1.1 2000",
        "HTTP/1.1 200\n",
        "HTTP/1.1 200 \n",
        "HTTP/1.1 200 O\0",
        "HTTP/1.1 200 OK\r\r",
        "HTTP/2.0 200 OK\r\n",
        "HTTP/1.1 099 OK\r\n",
        "HTTP/1.1 200 OK\r\n\n",
        "HTTP/1.1 200 OK\r\nA ",
        "HTTP/1.1 200 OK\r\n ",
        "HTTP/1.1 200 OK\r\nA: b\r\n c\0",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n 2\r\nA",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1,1\r\nA",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\nA",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\nA",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\nA",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nA",
    ];

    public static TheoryData<string> Valid => new(s_valid);

    public static TheoryData<string> Invalid => new(s_invalid);

    [Theory]
    [MemberData(nameof(Valid))]
    public void A_head_reads_the_same_at_every_split(string head)
    {
        byte[] bytes = HttpHead.Bytes(head + "HTTP/1.1 body");
        string expected = Describe(new ResponseHead(), bytes, [bytes.Length]);
        Assert.StartsWith("Complete", expected, StringComparison.Ordinal);
        for (int cut = 0; cut < head.Length; cut++)
        {
            Assert.Equal(expected, Describe(new ResponseHead(), bytes, [cut, bytes.Length]));
            Assert.Equal("Incomplete", Describe(new ResponseHead(), bytes, [cut]));
        }

        Assert.Equal(expected, Describe(new ResponseHead(), bytes, Enumerable.Range(1, head.Length)));
    }

    [Theory]
    [MemberData(nameof(Invalid))]
    public void A_fault_is_told_at_the_byte_that_proves_it(string head)
    {
        byte[] bytes = HttpHead.Bytes(head);
        string expected = Describe(new ResponseHead(), bytes, [bytes.Length]);
        Assert.StartsWith("Failed 502", expected, StringComparison.Ordinal);
        for (int cut = 0; cut < bytes.Length; cut++)
        {
            Assert.Equal("Incomplete", Describe(new ResponseHead(), bytes, [cut]));
            Assert.Equal(expected, Describe(new ResponseHead(), bytes, [cut, bytes.Length]));
        }
    }

    [Fact]
    public void What_it_says_is_read()
    {
        ResponseHead response = new();
        byte[] head = HttpHead.Bytes(
            "HTTP/1.0 404 Not here\r\nSet-Cookie: a\r\nset-cookie:\tb \r\nConnection: keep-alive\r\nContent-Length: 7\r\n\r\n");

        Assert.Equal(ParseStatus.Complete, response.Parse(head, HttpHead.Limits));

        Assert.Equal((404, "Not here"), (response.Status, Encoding.Latin1.GetString(response.Reason(head))));
        Assert.Equal((HttpVersion.Http10, true, 7), (response.Version, response.KeepAlive, response.ContentLength));
        Assert.Equal(["Set-Cookie=a", "set-cookie=b", "Connection=keep-alive", "Content-Length=7"], Fields(response, head));
    }

    [Theory]
    [InlineData("200 OK\r\nContent-Length: 5", "GET", "Length")]
    [InlineData("200 OK\r\nContent-Length: 5", "HEAD", "None")]
    [InlineData("200 OK\r\nContent-Length: 5", "CONNECT", "None")]
    [InlineData("407 No\r\nContent-Length: 5", "CONNECT", "Length")]
    [InlineData("200 OK", "GET", "UntilClose")]
    [InlineData("200 OK\r\nTransfer-Encoding: gzip", "GET", "UntilClose")]
    [InlineData("200 OK\r\nTransfer-Encoding: gzip, chunked", "GET", "Chunked")]
    [InlineData("200 OK\r\nTransfer-Encoding: chunked", "HEAD", "None")]
    [InlineData("204 No\r\nContent-Length: 5", "GET", "None")]
    [InlineData("304 No\r\nContent-Length: 5", "GET", "None")]
    [InlineData("103 Early", "GET", "None")]
    public void The_body_ends_as_the_rules_say(string response, string method, string framing)
    {
        ResponseHead head = new();
        Assert.Equal(ParseStatus.Complete, head.Parse(HttpHead.Bytes($"HTTP/1.1 {response}\r\n\r\n"), HttpHead.Limits));

        Assert.Equal(framing, head.BodyFor(HttpMethods.Find(HttpHead.Bytes(method))).Framing.ToString());
        Assert.Equal(response.StartsWith("103", StringComparison.Ordinal), head.IsInformational);
    }

    [Fact]
    public void A_value_on_several_lines_is_read_as_one()
    {
        ResponseHead response = new();
        byte[] head = HttpHead.Bytes(
            "HTTP/1.1 200 OK\r\nConnection: keep-alive,\r\n close\r\nA:\r\n\tb\r\n  c \r\n \r\nUpgrade: d\r\n e\r\nUpgrade: f\r\n\r\n");

        Assert.Equal(ParseStatus.Complete, response.Parse(head, HttpHead.Limits));

        Assert.False(response.KeepAlive);
        Assert.Equal(["Connection=keep-alive,   close", "A=b    c", "Upgrade=d   e", "Upgrade=f"], Fields(response, head));
        Assert.Equal("d   e, f", Encoding.Latin1.GetString(response.Get(HttpHeader.Upgrade, head)));
    }

    [Fact]
    public void A_switch_of_protocols_says_to_which()
    {
        ResponseHead response = new();
        byte[] head = HttpHead.Bytes("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");

        Assert.Equal(ParseStatus.Complete, response.Parse(head, HttpHead.Limits));

        Assert.True(response is { IsUpgrade: true, IsInformational: false });
        Assert.Equal("websocket", Encoding.Latin1.GetString(response.Get(HttpHeader.Upgrade, head)));
    }

    [Fact]
    public void Limits_hold()
    {
        HttpLimits limits = new() { StartLineBytes = 30, HeaderBytes = 40, HeaderCount = 2 };
        string line = "HTTP/1.1 200 OK\r\n";
        foreach (string head in new[] { "HTTP/1.1 200 " + new string('x', 30), $"{line}A: {new string('x', 40)}", $"{line}A:\r\nB:\r\nC" })
        {
            Assert.Equal(ParseStatus.Failed, new ResponseHead().Parse(HttpHead.Bytes(head), limits));
        }
    }

    [Fact]
    public void One_serves_many_responses()
    {
        Random random = new(7);
        ResponseHead reused = new();
        for (int round = 0; round < 500; round++)
        {
            byte[] head = HttpHead.Bytes(s_valid[random.Next(s_valid.Length)]);
            int cut = random.Next(head.Length);
            Assert.Equal(Describe(new ResponseHead(), head, [head.Length]), Describe(reused, head, [cut, head.Length]));
            reused.Reset();
        }
    }

    [Fact]
    public void Random_bytes_never_throw_and_their_verdict_does_not_depend_on_the_reads()
    {
        const string Pieces = "HTTP/1.1 200 OK\r\n\r\n: \tA\0\u00ffContent-Length: 1\r\n";
        Random random = new(8);
        for (int round = 0; round < 20_000; round++)
        {
            char[] text = [.. s_valid[random.Next(s_valid.Length)]];
            for (int change = random.Next(4); change > 0; change--)
            {
                text[random.Next(text.Length)] = Pieces[random.Next(Pieces.Length)];
            }

            byte[] bytes = HttpHead.Bytes(new string(text));
            string expected = Describe(new ResponseHead(), bytes, [bytes.Length]);
            Assert.Equal(expected, Describe(new ResponseHead(), bytes, [random.Next(bytes.Length), bytes.Length]));
        }
    }

    private static string Describe(ResponseHead response, byte[] bytes, IEnumerable<int> arrivals)
    {
        ParseStatus status = ParseStatus.Incomplete;
        foreach (int arrived in arrivals)
        {
            status = response.Parse(bytes.AsSpan(0, arrived), HttpHead.Limits);
        }

        return status switch
        {
            ParseStatus.Complete => $"Complete {response.HeadLength} {response.Status} "
                + $"{Encoding.Latin1.GetString(response.Reason(bytes))}|"
                + $"{response.Version} {response.KeepAlive} {response.ContentLength} {response.IsChunked} "
                + string.Join('|', Fields(response, bytes)),
            ParseStatus.Failed => $"Failed {response.FailedStatus} {response.FailedReason}",
            _ => "Incomplete",
        };
    }

    private static List<string> Fields(MessageHead message, byte[] head)
    {
        List<string> fields = [];
        FieldEnumerator enumerator = message.Fields(head);
        while (enumerator.MoveNext())
        {
            fields.Add($"{Encoding.Latin1.GetString(enumerator.Name)}={Encoding.Latin1.GetString(enumerator.Value)}");
        }

        return fields;
    }
}
