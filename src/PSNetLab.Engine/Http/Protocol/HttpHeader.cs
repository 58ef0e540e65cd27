using System.Text;

namespace PSNetLab.Engine.Http.Protocol;

/// <summary>The header fields whose values the server needs. Others are only validated.</summary>
internal enum HttpHeader
{
    Host,
    Connection,
    ContentLength,
    TransferEncoding,
    Upgrade,
    Expect,
    Range,
    IfRange,
    IfMatch,
    IfNoneMatch,
    IfModifiedSince,
    IfUnmodifiedSince,
    Accept,
    AcceptEncoding,
    Authorization,
    ProxyAuthorization,
    UserAgent,
    Referer,
    AccessControlRequestMethod,
    AccessControlRequestHeaders,
}

/// <summary>Finds header fields by name, ignoring case (RFC 9110, section 5.1).</summary>
internal static class HttpHeaders
{
    internal const int Count = (int)HttpHeader.AccessControlRequestHeaders + 1;

    /// <summary>The <see cref="HttpHeader"/> with this name, as a number; -1 if there is none.</summary>
    internal static int Find(ReadOnlySpan<byte> name) => name.Length switch
    {
        4 => Match(name, "Host"u8, HttpHeader.Host),
        5 => Match(name, "Range"u8, HttpHeader.Range),
        6 => (name[0] | 0x20) switch
        {
            'a' => Match(name, "Accept"u8, HttpHeader.Accept),
            _ => Match(name, "Expect"u8, HttpHeader.Expect),
        },
        7 => (name[0] | 0x20) == 'r'
            ? Match(name, "Referer"u8, HttpHeader.Referer)
            : Match(name, "Upgrade"u8, HttpHeader.Upgrade),
        8 => (name[3] | 0x20) == 'm'
            ? Match(name, "If-Match"u8, HttpHeader.IfMatch)
            : Match(name, "If-Range"u8, HttpHeader.IfRange),
        10 => (name[0] | 0x20) == 'c'
            ? Match(name, "Connection"u8, HttpHeader.Connection)
            : Match(name, "User-Agent"u8, HttpHeader.UserAgent),
        13 => (name[0] | 0x20) == 'i'
            ? Match(name, "If-None-Match"u8, HttpHeader.IfNoneMatch)
            : Match(name, "Authorization"u8, HttpHeader.Authorization),
        14 => Match(name, "Content-Length"u8, HttpHeader.ContentLength),
        15 => Match(name, "Accept-Encoding"u8, HttpHeader.AcceptEncoding),
        17 => (name[0] | 0x20) == 't'
            ? Match(name, "Transfer-Encoding"u8, HttpHeader.TransferEncoding)
            : Match(name, "If-Modified-Since"u8, HttpHeader.IfModifiedSince),
        19 => (name[0] | 0x20) == 'i'
            ? Match(name, "If-Unmodified-Since"u8, HttpHeader.IfUnmodifiedSince)
            : Match(name, "Proxy-Authorization"u8, HttpHeader.ProxyAuthorization),
        29 => Match(name, "Access-Control-Request-Method"u8, HttpHeader.AccessControlRequestMethod),
        30 => Match(name, "Access-Control-Request-Headers"u8, HttpHeader.AccessControlRequestHeaders),
        _ => -1,
    };

    private static int Match(ReadOnlySpan<byte> name, ReadOnlySpan<byte> known, HttpHeader header)
        => Ascii.EqualsIgnoreCase(name, known) ? (int)header : -1;
}
