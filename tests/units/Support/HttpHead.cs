using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Tests;

/// <summary>Request heads as text, a character for a byte, and what the parser made of them.</summary>
internal static class HttpHead
{
    internal const string Plain = "GET /file HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";

    internal static readonly HttpLimits Limits = new();

    /// <summary>Heads with a bit of everything the grammar allows.</summary>
    internal static readonly string[] Valid =
    [
        Plain,
        "\r\n\r\nGET / HTTP/1.1\r\nHost:\r\n\r\n",
        "HEAD /a?b=c&d HTTP/1.0\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nhost:example\r\nconnection: Keep-Alive , Upgrade\r\nConnection:\tclose\r\n\r\n",
        "POST http://example.org/%20 HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 00120 \r\nExpect: 100-Continue\r\n\r\n",
        "M-SEARCH /caf\u00e9 HTTP/1.3\r\nHOST: a\r\nTRANSFER-ENCODING:  chunked\t\r\nX:\r\nExpect: tea\r\n\r\n",
        "GET /assets/photo.jpg HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: keep-alive\r\nsec-ch-ua: \"Chromium\";v=\"128\", "
            + "\"Not;A=Brand\";v=\"24\"\r\n"
            + "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36\r\n"
            + "Accept: image/avif,image/webp,*/*;q=0.8\r\nReferer: http://127.0.0.1:8080/\r\nAccept-Encoding: gzip, deflate, br\r\n"
            + "Cookie: a=b; c=\u00fc\r\nIf-None-Match: \"a\"\r\nIf-None-Match: \"b\"\r\nIf-Modified-Since: Wed, 21 Oct 2015 07:28:00 "
            + "GMT\r\nRange: bytes=0-99\r\n\r\n",
    ];

    internal static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    internal static RequestHead Parse(string head, ParseStatus expected = ParseStatus.Complete)
    {
        RequestHead request = new();
        ParseStatus status = request.Parse(Bytes(head), Limits);
        Assert.True(expected == status, $"{status} {request.FailedStatus} {request.FailedReason}");
        return request;
    }

    internal static string? Get(this RequestHead request, HttpHeader header, string head)
        => request.Has(header) ? Encoding.Latin1.GetString(request.Get(header, Bytes(head))) : null;

    /// <summary>All that the parser says, in one text to compare.</summary>
    internal static string Describe(RequestHead request, ParseStatus status, byte[] head) => status switch
    {
        ParseStatus.Incomplete => "incomplete",
        ParseStatus.Failed => $"{request.FailedStatus} {request.FailedReason}",
        _ => string.Join('|',
        [
            Encoding.Latin1.GetString(request.MethodText(head)),
            Encoding.Latin1.GetString(request.Target(head)),
            .. Enum.GetValues<HttpHeader>().Where(request.Has).Select(
                header => $"{header}={Encoding.Latin1.GetString(request.Get(header, head))}"),
            $"{request.Method} {request.Version} {request.HeadLength} {request.KeepAlive} {request.ContentLength} {request.IsChunked}",
            $"{request.ExpectsContinue} {request.HasUnknownExpectation} {request.HasBody}",
        ]),
    };

    internal static string Describe(string head)
    {
        RequestHead request = new();
        byte[] bytes = Bytes(head);
        return Describe(request, request.Parse(bytes, Limits), bytes);
    }
}
