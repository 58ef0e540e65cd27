namespace PSNetLab.Engine.Http.Protocol;

/// <summary>The version a request is answered in.</summary>
internal enum HttpVersion
{
    /// <summary>None was read yet, or an unsupported one.</summary>
    Unknown,

    /// <summary>HTTP/1.0.</summary>
    Http10,

    /// <summary>HTTP/1.1, and any higher minor version (RFC 9110, section 6.2).</summary>
    Http11,
}
