using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Tests;

/// <summary>Heads at their limits, and one byte over: told at once, whatever would follow.</summary>
public class HttpLimitTests
{
    private static readonly HttpLimits s_limits = new() { StartLineBytes = 40, HeaderBytes = 100, HeaderCount = 3 };

    public static TheoryData<string> AtTheLimit => new()
    {
        "GET /" + new string('a', 24) + " HTTP/1.1\r\n" + "Host: a\r\n\r\n",
        new string('M', 27) + " / HTTP/1.1\r\n" + "Host: a\r\n\r\n",
        "\r\n\r\nGET /" + new string('a', 20) + " HTTP/1.1\r\n" + "Host: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: " + new string('a', 84) + "\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n" + new string('X', 86) + ":\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\nY: b\r\n\r\n",
    };

    public static TheoryData<int, string> OverTheLimit => new()
    {
        { 414, "GET /" + new string('a', 25) + " HTTP/1.1\r" },
        { 414, "GET /" + new string('a', 35) },
        { 501, new string('M', 40) },
        { 400, string.Concat(Enumerable.Repeat("\r\n", 20)) },
        { 414, "GET /" + new string('a', 34) + " " },
        { 431, "GET / HTTP/1.1\r\nHost: a\r\nX: " + new string('a', 85) + "\r\n\r" },
        { 431, "GET / HTTP/1.1\r\nX: " + new string('a', 97) },
        { 431, "GET / HTTP/1.1\r\n" + new string('X', 100) },
        { 431, "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\nY: b\r\nZ" },
    };

    [Theory]
    [MemberData(nameof(AtTheLimit))]
    public void At_the_limit_it_is_complete(string head)
    {
        Assert.Equal(ParseStatus.Complete, new RequestHead().Parse(HttpHead.Bytes(head), s_limits));
        Assert.Equal(ParseStatus.Complete, new RequestHead().Parse(HttpHead.Bytes(head + "GET / HTTP/1.1\r\n"), s_limits));
    }

    [Theory]
    [MemberData(nameof(OverTheLimit))]
    public void Over_the_limit_it_fails_at_the_byte_that_fills_it(int status, string head)
    {
        RequestHead request = new();
        for (int length = 1; length < head.Length; length++)
        {
            Assert.Equal(ParseStatus.Incomplete, request.Parse(HttpHead.Bytes(head[..length]), s_limits));
        }

        Assert.Equal(ParseStatus.Failed, request.Parse(HttpHead.Bytes(head), s_limits));
        Assert.Equal(status, request.FailedStatus);

        RequestHead whole = new();
        Assert.Equal(ParseStatus.Failed, whole.Parse(HttpHead.Bytes(head + "\n\0\r\n\r\n"), s_limits));
        Assert.Equal((status, request.FailedReason), (whole.FailedStatus, whole.FailedReason));
    }

    [Fact]
    public void The_reason_names_the_limit()
    {
        Assert.Equal("The request line is longer than 8192 bytes.",
            HttpHead.Parse("GET /" + new string('a', 8192), ParseStatus.Failed).FailedReason);
        Assert.Equal("The method is longer than 8192 bytes.", HttpHead.Parse(new string('a', 8192), ParseStatus.Failed).FailedReason);
        Assert.Equal("The header is longer than 32768 bytes.", HttpHead.Parse(
            "GET / HTTP/1.1\r\n" + new string('a', 32768), ParseStatus.Failed).FailedReason);

        string lines = string.Concat(Enumerable.Repeat("X: y\r\n", 100));
        Assert.Equal(
            "The header has more than 100 lines.", HttpHead.Parse("GET / HTTP/1.1\r\n" + lines + "X", ParseStatus.Failed).FailedReason);
        HttpHead.Parse("GET / HTTP/1.0\r\n" + lines + "\r\n");
    }

    [Fact]
    public void A_limit_beyond_all_bytes_is_none()
    {
        HttpLimits limits = new() { StartLineBytes = int.MaxValue, HeaderBytes = int.MaxValue, HeaderCount = int.MaxValue };
        string fields = string.Concat(Enumerable.Repeat("X: y\r\n", 10_000));
        byte[] head = HttpHead.Bytes($"GET /{new string('a', 100_000)} HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        Assert.Equal(ParseStatus.Complete, new RequestHead().Parse(head, limits));
    }
}
