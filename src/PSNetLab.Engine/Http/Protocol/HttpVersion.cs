namespace PSNetLab.Engine.Http.Protocol;

/// <summary>The version of a message, as far as this library distinguishes them.</summary>
internal enum HttpVersion
{
    /// <summary>Not read yet, or not supported.</summary>
    Unknown,

    Http10,

    /// <summary>HTTP/1.1, and any higher minor version (RFC 9110, section 6.2).</summary>
    Http11,
}
