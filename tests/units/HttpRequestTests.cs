using System.Text;
using PSNetLab.Engine.Http.Protocol;
using HttpMethod = PSNetLab.Engine.Http.Protocol.HttpMethod;

namespace PSNetLab.Engine.Tests;

/// <summary>What well-formed heads mean.</summary>
public class HttpRequestTests
{
    [Fact]
    public void A_plain_request()
    {
        RequestHead request = new();
        byte[] head = HttpHead.Bytes(HttpHead.Plain);

        Assert.False(request.HasStarted);
        Assert.Equal(ParseStatus.Complete, request.Parse(head, HttpHead.Limits));
        Assert.True(request.HasStarted);
        Assert.Equal(HttpMethod.Get, request.Method);
        Assert.Equal("GET", Encoding.ASCII.GetString(request.MethodText(head)));
        Assert.Equal("/file", Encoding.ASCII.GetString(request.Target(head)));
        Assert.Equal("127.0.0.1:8080", request.Get(HttpHeader.Host, HttpHead.Plain));
        Assert.Equal(HttpVersion.Http11, request.Version);
        Assert.Equal(head.Length, request.HeadLength);
        Assert.True(request.KeepAlive);
        Assert.Equal(-1, request.ContentLength);
        Assert.False(request.HasBody);
        Assert.Equal(0, request.FailedStatus);
    }

    [Theory]
    [InlineData("GET", "Get")]
    [InlineData("HEAD", "Head")]
    [InlineData("OPTIONS", "Options")]
    [InlineData("POST", "Post")]
    [InlineData("PUT", "Put")]
    [InlineData("DELETE", "Delete")]
    [InlineData("CONNECT", "Connect")]
    [InlineData("TRACE", "Trace")]
    [InlineData("PATCH", "Patch")]
    [InlineData("get", "Unknown")]
    [InlineData("GETS", "Unknown")]
    [InlineData("GE", "Unknown")]
    [InlineData("PROPFIND", "Unknown")]
    [InlineData("!#$%&'*+-.^_`|~09azAZ", "Unknown")]
    public void A_method_is_known_by_its_exact_token(string token, string method)
    {
        string head = $"{token} / HTTP/1.1\r\nHost: a\r\n\r\n";
        RequestHead request = HttpHead.Parse(head);

        Assert.Equal(method, request.Method.ToString());
        Assert.Equal(token, Encoding.ASCII.GetString(request.MethodText(HttpHead.Bytes(head))));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("*")]
    [InlineData("/a/%zz?b=c#\"<>\\^`{|}")]
    [InlineData("http://example.org:80/")]
    [InlineData("example.org:80")]
    [InlineData("\u00e4\u00ff")]
    public void A_target_is_handed_on_as_it_came(string target)
    {
        string head = $"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n";
        Assert.Equal(target, Encoding.Latin1.GetString(HttpHead.Parse(head).Target(HttpHead.Bytes(head))));
    }

    [Theory]
    [InlineData("HTTP/1.0", "Http10")]
    [InlineData("HTTP/1.1", "Http11")]
    [InlineData("HTTP/1.2", "Http11")]
    [InlineData("HTTP/1.9", "Http11")]
    public void A_higher_minor_version_is_the_highest_known(string version, string expected)
        => Assert.Equal(expected, HttpHead.Parse($"GET / {version}\r\nHost: a\r\n\r\n").Version.ToString());

    [Theory]
    [InlineData("1.1", "", true)]
    [InlineData("1.1", "Connection: close\r\n", false)]
    [InlineData("1.1", "Connection: CLOSE\r\n", false)]
    [InlineData("1.1", "Connection: keep-alive, close\r\n", false)]
    [InlineData("1.1", "Connection: close\r\nConnection: keep-alive\r\n", false)]
    [InlineData("1.1", "Connection: ,, Upgrade ,\tclose\t\r\n", false)]
    [InlineData("1.1", "Connection: closed, not-close\r\n", true)]
    [InlineData("1.1", "Connection:\r\n", true)]
    [InlineData("1.1", "Connections: close\r\n", true)]
    [InlineData("1.0", "", false)]
    [InlineData("1.0", "Connection: keep-alive\r\n", true)]
    [InlineData("1.0", "Connection: Upgrade\r\nConnection: Keep-Alive\r\n", true)]
    [InlineData("1.0", "Connection: keep-alive, close\r\n", false)]
    public void A_connection_persists_by_version_and_option(string version, string fields, bool keepAlive)
        => Assert.Equal(keepAlive, HttpHead.Parse($"GET / HTTP/{version}\r\nHost: a\r\n{fields}\r\n").KeepAlive);

    [Theory]
    [InlineData("", -1, false, false)]
    [InlineData("Content-Length: 0\r\n", 0, false, false)]
    [InlineData("Content-Length:5\r\n", 5, false, true)]
    [InlineData("content-length:\t 0000000000000000000000005 \t\r\n", 5, false, true)]
    [InlineData("Content-Length: 9223372036854775807\r\n", long.MaxValue, false, true)]
    [InlineData("Transfer-Encoding: chunked\r\n", -1, true, true)]
    [InlineData("transfer-encoding:\tCHUNKED \r\n", -1, true, true)]
    public void A_body_is_announced_by_length_or_chunked(string fields, long length, bool isChunked, bool hasBody)
    {
        RequestHead request = HttpHead.Parse($"POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        Assert.Equal((length, isChunked, hasBody), (request.ContentLength, request.IsChunked, request.HasBody));
    }

    [Theory]
    [InlineData("1.1", "Expect: 100-continue\r\nContent-Length: 1\r\n", true, false)]
    [InlineData("1.1", "Expect: 100-CONTINUE\r\nTransfer-Encoding: chunked\r\n", true, false)]
    [InlineData("1.1", "Expect: 100-continue\r\n", false, false)]
    [InlineData("1.1", "Expect: 100-continue\r\nContent-Length: 0\r\n", false, false)]
    [InlineData("1.0", "Expect: 100-continue\r\nContent-Length: 1\r\n", false, false)]
    [InlineData("1.1", "Expect: 100-continue, tea\r\nContent-Length: 1\r\n", true, true)]
    [InlineData("1.1", "Expect: tea\r\nContent-Length: 1\r\n", false, true)]
    [InlineData("1.1", "Expect: 100-continued\r\nContent-Length: 1\r\n", false, true)]
    [InlineData("1.1", "Expect:\r\nContent-Length: 1\r\n", false, false)]
    public void An_expectation_is_known_or_not(string version, string fields, bool continues, bool isUnknown)
    {
        RequestHead request = HttpHead.Parse($"PUT / HTTP/{version}\r\nHost: a\r\n{fields}\r\n");
        Assert.Equal((continues, isUnknown), (request.ExpectsContinue, request.HasUnknownExpectation));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("a:")]
    [InlineData("a:80")]
    [InlineData(":80")]
    [InlineData("example.org:65535")]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]")]
    [InlineData("[::ffff:10.0.0.1]:8080")]
    [InlineData("[v1.a]")]
    [InlineData("under_score-~!$&'()*+,;=.x")]
    [InlineData("%C3%a4.example")]
    public void A_host_is_a_name_or_an_address_and_perhaps_a_port(string host)
    {
        string head = $"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n";
        Assert.Equal(host, HttpHead.Parse(head).Get(HttpHeader.Host, head));
    }

    public static TheoryData<string, string> Headers => new()
    {
        { "Host", "Host" }, { "Connection", "Connection" }, { "ContentLength", "Content-Length" },
        { "TransferEncoding", "Transfer-Encoding" },
        { "Expect", "Expect" }, { "Range", "Range" }, { "IfRange", "If-Range" }, { "IfMatch", "If-Match" },
        { "IfNoneMatch", "If-None-Match" },
        { "IfModifiedSince", "If-Modified-Since" }, { "IfUnmodifiedSince", "If-Unmodified-Since" }, { "Accept", "Accept" },
        { "AcceptEncoding", "Accept-Encoding" }, { "Authorization", "Authorization" }, { "UserAgent", "User-Agent" },
        { "ProxyAuthorization", "Proxy-Authorization" },
        { "Referer", "Referer" },
        { "Upgrade", "Upgrade" }, { "AccessControlRequestMethod", "Access-Control-Request-Method" },
        { "AccessControlRequestHeaders", "Access-Control-Request-Headers" },
    };

    [Theory]
    [MemberData(nameof(Headers))]
    public void A_header_is_known_by_its_name_in_any_case(string header, string name)
    {
        int number = (int)Enum.Parse<HttpHeader>(header);
        foreach (string spelling in new[] { name, name.ToLowerInvariant(), name.ToUpperInvariant() })
        {
            Assert.Equal(number, HttpHeaders.Find(HttpHead.Bytes(spelling)));
        }

        for (int index = 0; index < name.Length; index++)
        {
            byte[] other = HttpHead.Bytes(name);
            other[index] = (byte)'#';
            Assert.Equal(-1, HttpHeaders.Find(other));
        }

        Assert.Equal(-1, HttpHeaders.Find(HttpHead.Bytes(name[1..])));
        Assert.Equal(-1, HttpHeaders.Find(HttpHead.Bytes(name + "s")));
    }

    [Fact]
    public void Every_header_is_in_that_table() => Assert.Equal(HttpHeaders.Count, Headers.Count);

    [Theory]
    [InlineData("Range: bytes=0-1\r\n", "bytes=0-1")]
    [InlineData("Range:bytes=0-1\r\n", "bytes=0-1")]
    [InlineData("Range: \t bytes = 0 \t \r\n", "bytes = 0")]
    [InlineData("Range: \t \r\n", "")]
    [InlineData("Range:\r\n", "")]
    [InlineData("Range: \u00e4\u00ff\u0080\r\n", "\u00e4\u00ff\u0080")]
    [InlineData("Range: a\r\nX: b\r\nRange: c \r\nrange:\r\n", "a, c, ")]
    [InlineData("Accept: a\r\nAccept: b\r\nRange: c\r\n", "c")]
    [InlineData("Ranges: a\r\n", null)]
    public void A_value_is_trimmed_and_repeated_values_are_joined(string fields, string? value)
    {
        string head = $"GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n";
        Assert.Equal(value, HttpHead.Parse(head).Get(HttpHeader.Range, head));
    }

    [Fact]
    public void A_header_that_did_not_come_is_empty()
    {
        RequestHead request = HttpHead.Parse(HttpHead.Plain);
        Assert.False(request.Has(HttpHeader.Range));
        Assert.Equal(0, request.Get(HttpHeader.Range, HttpHead.Bytes(HttpHead.Plain)).Length);
    }

    [Fact]
    public void Reset_leaves_nothing_of_the_last_request()
    {
        RequestHead request = new();
        foreach (string last in HttpHead.Valid.Append("POST /secret HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n"))
        {
            request.Parse(HttpHead.Bytes(last), HttpHead.Limits);
            request.Reset();

            Assert.False(request.HasStarted);
            Assert.Equal(0, request.FailedStatus);
            Assert.Equal(string.Empty, request.FailedReason);
            Assert.Equal(ParseStatus.Failed, request.Parse("\n"u8, HttpHead.Limits));
            Assert.Equal((HttpMethod.Unknown, HttpVersion.Unknown), (request.Method, request.Version));
            Assert.Equal(0, request.Target("\n"u8).Length + request.MethodText("\n"u8).Length);
            request.Reset();

            byte[] plain = HttpHead.Bytes(HttpHead.Plain);
            Assert.Equal(HttpHead.Describe(HttpHead.Plain), HttpHead.Describe(request, request.Parse(plain, HttpHead.Limits), plain));
            request.Reset();
        }
    }

    [Fact]
    public void Once_complete_it_stays_so_and_bytes_behind_the_head_are_not_looked_at()
    {
        RequestHead request = new();
        byte[] bytes = HttpHead.Bytes(HttpHead.Plain + "\n\0 garbage");

        for (int call = 0; call < 3; call++)
        {
            Assert.Equal(ParseStatus.Complete, request.Parse(bytes, HttpHead.Limits));
            Assert.Equal(HttpHead.Plain.Length, request.HeadLength);
        }
    }

    [Fact]
    public void Empty_lines_before_a_request_start_nothing()
    {
        RequestHead request = new();
        Assert.Equal(ParseStatus.Incomplete, request.Parse("\r\n\r\n\r"u8, HttpHead.Limits));
        Assert.False(request.HasStarted);
        Assert.Equal(ParseStatus.Incomplete, request.Parse("\r\n\r\n\r\nG"u8, HttpHead.Limits));
        Assert.True(request.HasStarted);
        Assert.Equal(ParseStatus.Complete, request.Parse("\r\n\r\n\r\nGET / HTTP/1.0\r\n\r\n"u8, HttpHead.Limits));
        Assert.Equal(24, request.HeadLength);
    }

    [Fact]
    public void Parsing_allocates_nothing()
    {
        RequestHead request = new();
        byte[][] heads = [.. HttpHead.Valid.Where(
            head => !head.Contains("If-None-Match", StringComparison.Ordinal)).Select(HttpHead.Bytes)];
        ParseAll();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < 100; round++)
        {
            ParseAll();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void ParseAll()
        {
            foreach (byte[] head in heads)
            {
                request.Parse(head, HttpHead.Limits);
                request.Reset();
            }
        }
    }
}
