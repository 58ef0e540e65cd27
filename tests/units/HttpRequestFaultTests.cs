using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Tests;

/// <summary>Malformed heads. Each text ends with the byte that proves the fault: the parser must fail there, and not earlier.</summary>
public class HttpRequestFaultTests
{
    private const string Line = "GET / HTTP/1.1\r\n";
    private const string Start = Line + "Host: a\r\n";

    public static TheoryData<int, string> Faults => new()
    {
        // A line ends with CRLF (RFC 9112, section 2.2).
        { 400, "\n" },
        { 400, "\r\r" },
        { 400, "\r\n\n" },
        { 400, "GET\n" },
        { 400, "GET /\n" },
        { 400, "GET / HTTP/1.1\n" },
        { 400, "GET / HTTP/1.1\r\r" },
        { 400, "GET / HTTP/1.1\rH" },
        { 400, Line + "\n" },
        { 400, Line + "\rH" },
        { 400, Line + "\r\r" },
        { 400, Line + "Host: a\n" },
        { 400, Line + "Host: a\rb" },
        { 400, Line + "Host: a\r\r" },
        { 400, Line + "Host\n" },
        { 400, Line + "Host\r" },
        { 400, Start + "\n" },
        { 400, Start + "X: y\r\n\rZ" },

        // method SP request-target SP HTTP-version (RFC 9112, section 3).
        { 400, " " },
        { 400, "\t" },
        { 400, "\0" },
        { 400, "\u0016" },
        { 400, "\u00e4" },
        { 400, "GET\t" },
        { 400, "GET\r" },
        { 400, "GE(" },
        { 400, "GET:" },
        { 400, "GET  " },
        { 400, "GET \t" },
        { 400, "GET \r" },
        { 400, "GET /a\t" },
        { 400, "GET /a\0" },
        { 400, "GET /a\u007f" },
        { 400, "GET /a\r" },
        { 400, "GET / h" },
        { 400, "GET /  " },
        { 400, "GET /a b" },
        { 400, "GET / HTTP/1.1 " },
        { 400, "GET / HTTP/1.10" },
        { 400, "GET / HTTP/1.\r" },
        { 400, "GET / HTTP/11" },
        { 400, "GET / HTTP/2\r" },
        { 400, "GET / HTTP/a" },
        { 400, "GET / HTTP/-" },
        { 400, "GET / HTTP/1," },
        { 400, "GET / HTTPS" },
        { 400, "GET / Ht" },
        { 400, "GET / \r" },
        { 505, "GET / HTTP/0.9\r\n" },
        { 505, "PRI * HTTP/2.0\r\n" },
        { 505, "GET / HTTP/3.1\r\n" },

        // field-name ":" OWS field-value OWS (RFC 9112, section 5).
        { 400, Line + " " },
        { 400, Line + "\t" },
        { 400, Start + " " },
        { 400, Start + "\t" },
        { 400, Line + ":" },
        { 400, Line + "\0" },
        { 400, Line + "Host " },
        { 400, Line + "Host\t" },
        { 400, Line + "Ho\u00e4" },
        { 400, Line + "Ho/" },
        { 400, Line + "Ho\"" },
        { 400, Line + "Ho\u007f" },
        { 400, Start + "X: \0" },
        { 400, Start + "X: a\u0001" },
        { 400, Start + "X: a\u001b" },
        { 400, Start + "X: a\u007f" },
        { 400, Start + "X: a\u000b" },

        // Host (RFC 9112, section 3.2).
        { 400, Line + "\r\n" },
        { 400, Line + "X: a\r\n\r\n" },
        { 400, Start + "Host: a\r\n" },
        { 400, Start + "host: b\r\n" },
        { 400, "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n" },
        { 400, Line + "Host: a b\r\n" },
        { 400, Line + "Host: a, b\r\n" },
        { 400, Line + "Host: a/\r\n" },
        { 400, Line + "Host: u@a\r\n" },
        { 400, Line + "Host: a?b\r\n" },
        { 400, Line + "Host: a#b\r\n" },
        { 400, Line + "Host: a\\b\r\n" },
        { 400, Line + "Host: \u00e4\r\n" },
        { 400, Line + "Host: a:b\r\n" },
        { 400, Line + "Host: a:80:80\r\n" },
        { 400, Line + "Host: a:-1\r\n" },
        { 400, Line + "Host: ::1\r\n" },
        { 400, Line + "Host: [::1\r\n" },
        { 400, Line + "Host: []\r\n" },
        { 400, Line + "Host: [::1]a\r\n" },
        { 400, Line + "Host: [a/b]\r\n" },
        { 400, Line + "Host: %\r\n" },
        { 400, Line + "Host: %4\r\n" },
        { 400, Line + "Host: a%zz\r\n" },
    };

    public static TheoryData<int, string> Smuggling => new()
    {
        // Two lengths, or one that is not plainly a number (RFC 9112, section 6.3).
        { 400, Start + "Content-Length: 5\r\nContent-Length: 5\r\n" },
        { 400, Start + "Content-Length: 5\r\nX: y\r\ncontent-length: 6\r\n" },
        { 400, Start + "Content-Length: 5, 5\r\n" },
        { 400, Start + "Content-Length: 5,\r\n" },
        { 400, Start + "Content-Length: +5\r\n" },
        { 400, Start + "Content-Length: -5\r\n" },
        { 400, Start + "Content-Length: 0x5\r\n" },
        { 400, Start + "Content-Length: 5 5\r\n" },
        { 400, Start + "Content-Length: 5;\r\n" },
        { 400, Start + "Content-Length: 5.0\r\n" },
        { 400, Start + "Content-Length: 1e1\r\n" },
        { 400, Start + "Content-Length: \"5\"\r\n" },
        { 400, Start + "Content-Length: \u00b2\r\n" },
        { 400, Start + "Content-Length:\r\n" },
        { 400, Start + "Content-Length: \t\r\n" },
        { 400, Start + "Content-Length: 9223372036854775808\r\n" },
        { 400, Start + "Content-Length: 18446744073709551621\r\n" },
        { 400, Start + "Content-Length: 99999999999999999999999999\r\n" },
        { 400, Start + "Content-Length " },

        // Both (section 6.1), in either order.
        { 400, Start + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" },
        { 400, Start + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n" },
        { 400, Start + "Transfer-Encoding: gzip\r\nContent-Length: 0\r\n" },
        { 400, "GET / HTTP/1.0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n" },
        { 400, "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" },

        // Codings that do not end with chunked, or have it twice.
        { 400, Start + "Transfer-Encoding: chunked, identity\r\n" },
        { 400, Start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n" },
        { 400, Start + "Transfer-Encoding: chunked, chunked\r\n" },
        { 400, Start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" },
        { 400, Start + "Transfer-Encoding: gzip, chunked, chunked\r\n" },
        { 400, Start + "Transfer-Encoding: identity\r\n\r\n" },
        { 400, Start + "Transfer-Encoding: gzip\r\n\r\n" },
        { 400, Start + "Transfer-Encoding: xchunked\r\n\r\n" },
        { 400, Start + "Transfer-Encoding: chunkedx\r\n\r\n" },
        { 400, Start + "Transfer-Encoding: chunk\r\n\r\n" },
        { 400, Start + "Transfer-Encoding: chunked;q=1\r\n\r\n" },
        { 400, Start + "Transfer-Encoding: chunked;\r\n\r\n" },
        { 400, Start + "Transfer-Encoding: \"chunked\"\r\n\r\n" },
        { 400, Start + "Transfer-Encoding: x;a=\", chunked\r\n\r\n" },
        { 400, Start + "Transfer-Encoding: x chunked\r\n\r\n" },
        { 400, Start + "Transfer-Encoding: chunked\u00a0\r\n\r\n" },
        { 400, Start + "Transfer-Encoding: \u0085chunked\r\n\r\n" },
        { 400, Start + "Transfer-Encoding:\r\n" },
        { 400, Start + "Transfer-Encoding: ,\r\n" },
        { 400, Start + "Transfer-Encoding: ,chunked\r\n" },
        { 400, Start + "Transfer-Encoding: chunked,\r\n" },

        // Names and lines that only some readers take for the field.
        { 400, Start + "Transfer-Encoding " },
        { 400, Start + "Transfer-Encoding\t" },
        { 400, Start + "Transfer-Encoding\r" },
        { 400, Start + "X: y\r\n\t" },
        { 400, Start + "Transfer-Encoding: \u000b" },
        { 400, Start + "Transfer-Encoding: chunked\u000c" },
        { 400, Start + "Transfer-Encoding: chunked\n" },
        { 400, Start + "X: y\rT" },
        { 400, Start + "X: y\n" },
        { 400, Start + "Transfer\u00ad" },

        // A coding that is valid but not known.
        { 501, Start + "Transfer-Encoding: gzip, chunked\r\n\r\n" },
        { 501, Start + "Transfer-Encoding: identity,\tchunked\r\n\r\n" },
        { 501, Start + "Transfer-Encoding: gzip\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    [MemberData(nameof(Smuggling))]
    public void A_fault_is_told_at_the_byte_that_proves_it(int status, string text)
    {
        for (int length = 0; length < text.Length; length++)
        {
            HttpHead.Parse(text[..length], ParseStatus.Incomplete);
        }

        RequestHead request = HttpHead.Parse(text, ParseStatus.Failed);
        Assert.Equal(status, request.FailedStatus);
        Assert.Matches("^[A-Z].*[.]$", request.FailedReason);
        Assert.Equal(ParseStatus.Failed, request.Parse(HttpHead.Bytes(text + "\r\n\r\n"), HttpHead.Limits));
    }
}
