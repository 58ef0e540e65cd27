namespace PSNetLab.Engine.Http.Protocol;

/// <summary>The methods of RFC 9110, section 9, and PATCH (RFC 5789).</summary>
internal enum HttpMethod
{
    /// <summary>Any other token.</summary>
    Unknown,

    Get,
    Head,
    Options,
    Post,
    Put,
    Delete,
    Connect,
    Trace,
    Patch,
}

/// <summary>Finds methods by their tokens, which are case-sensitive (RFC 9110, section 9.1).</summary>
internal static class HttpMethods
{
    /// <summary>Whether sending a request twice has the effect of sending it once (RFC 9110, section 9.2.2).</summary>
    internal static bool IsIdempotent(HttpMethod method)
        => method is HttpMethod.Get or HttpMethod.Head or HttpMethod.Options or HttpMethod.Trace or HttpMethod.Put or HttpMethod.Delete;

    internal static HttpMethod Find(ReadOnlySpan<byte> token) => token.Length switch
    {
        3 when token.SequenceEqual("GET"u8) => HttpMethod.Get,
        3 when token.SequenceEqual("PUT"u8) => HttpMethod.Put,
        4 when token.SequenceEqual("HEAD"u8) => HttpMethod.Head,
        4 when token.SequenceEqual("POST"u8) => HttpMethod.Post,
        5 when token.SequenceEqual("TRACE"u8) => HttpMethod.Trace,
        5 when token.SequenceEqual("PATCH"u8) => HttpMethod.Patch,
        6 when token.SequenceEqual("DELETE"u8) => HttpMethod.Delete,
        7 when token.SequenceEqual("OPTIONS"u8) => HttpMethod.Options,
        7 when token.SequenceEqual("CONNECT"u8) => HttpMethod.Connect,
        _ => HttpMethod.Unknown,
    };
}
