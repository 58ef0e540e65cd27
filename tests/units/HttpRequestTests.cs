using System.Text;

namespace PSNetLab.Engine.Tests;

/// <summary>What the parser says about complete, well-formed heads.</summary>
public class HttpRequestTests
{
    private static readonly HttpLimits s_limits = new();

    [Fact]
    public void A_plain_request()
    {
        byte[] head = "GET /file HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n"u8.ToArray();
        HttpRequest request = new();

        Assert.False(request.HasStarted);
        Assert.Equal(ParseStatus.Complete, request.Parse(head, s_limits));
        Assert.Equal(HttpMethod.Get, request.Method);
        Assert.Equal("GET", Encoding.ASCII.GetString(request.MethodText(head)));
        Assert.Equal("/file", Encoding.ASCII.GetString(request.Target(head)));
        Assert.Equal("127.0.0.1:8080", Encoding.ASCII.GetString(request.Get(HttpHeader.Host, head)));
        Assert.Equal(HttpVersion.Http11, request.Version);
        Assert.Equal(head.Length, request.HeadLength);
        Assert.True(request.HasStarted);
        Assert.True(request.KeepAlive);
        Assert.Equal(-1, request.ContentLength);
        Assert.False(request.HasBody);
    }
}
