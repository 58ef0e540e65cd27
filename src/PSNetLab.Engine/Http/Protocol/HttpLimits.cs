namespace PSNetLab.Engine.Http.Protocol;

/// <summary>How large the head of a message may be.</summary>
internal sealed record HttpLimits
{
    internal static readonly HttpLimits Default = new();

    /// <summary>
    /// The first line with its CRLF and any empty lines before it. RFC 9112, section 3, wants at least 8000 for a
    /// request.
    /// </summary>
    internal int StartLineBytes { get; init; } = 8192;

    /// <summary>All header lines with their CRLFs and the empty line that ends them.</summary>
    internal int HeaderBytes { get; init; } = 32768;

    /// <summary>The number of header lines.</summary>
    internal int HeaderCount { get; init; } = 100;
}
