namespace PSNetLab.Engine.Http.Protocol;

/// <summary>How large the head of a message may be, in bytes and lines.</summary>
internal sealed record HttpLimits
{
    internal static readonly HttpLimits Default = new();

    /// <summary>
    /// The first line with its CRLF and any empty lines before it. RFC 9112, section 3, recommends to support at least
    /// 8000 bytes in a request.
    /// </summary>
    internal int StartLineBytes { get; init; } = 8192;

    /// <summary>All header lines with their CRLFs, and the empty line after them.</summary>
    internal int HeaderBytes { get; init; } = 32768;

    internal int HeaderCount { get; init; } = 100;
}
