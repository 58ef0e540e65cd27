namespace PSNetLab.Engine.Http.Protocol;

/// <summary>The status codes and their reason phrases, as registered with IANA (RFC 9110, section 16.2.1).</summary>
internal static class HttpStatus
{
    internal const int Least = 100;

    /// <summary>
    /// The largest code of three digits (RFC 9110, section 15). Codes from 600 have no meaning, but tests need to send
    /// them.
    /// </summary>
    internal const int Most = 999;

    /// <summary>The registered reason phrase; empty for an unregistered status.</summary>
    internal static string Reason(int status) => status switch
    {
        100 => "Continue",
        101 => "Switching Protocols",
        102 => "Processing",
        103 => "Early Hints",
        104 => "Upload Resumption Supported",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        203 => "Non-Authoritative Information",
        204 => "No Content",
        205 => "Reset Content",
        206 => "Partial Content",
        207 => "Multi-Status",
        208 => "Already Reported",
        226 => "IM Used",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        305 => "Use Proxy",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        422 => "Unprocessable Content",
        423 => "Locked",
        424 => "Failed Dependency",
        425 => "Too Early",
        426 => "Upgrade Required",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        506 => "Variant Also Negotiates",
        507 => "Insufficient Storage",
        508 => "Loop Detected",
        510 => "Not Extended",
        511 => "Network Authentication Required",
        _ => string.Empty,
    };

    /// <summary>Whether a response with this status has no body, whatever its fields say (RFC 9112, section 6.3).</summary>
    internal static bool HasNoBody(int status) => status is < 200 or 204 or 304;

    /// <summary>Whether a server sends no content with this status: with 205, its length is 0 (RFC 9110, section 15.3.6).</summary>
    internal static bool IsEmpty(int status) => status == 205 || HasNoBody(status);
}
