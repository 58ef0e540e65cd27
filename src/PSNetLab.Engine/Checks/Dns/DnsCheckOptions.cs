namespace PSNetLab.Engine.Checks.Dns;

/// <summary>How to ask.</summary>
internal sealed record DnsCheckOptions
{
    /// <summary>What fits into a packet everywhere (RFC 9715, section 3.2).</summary>
    internal const int DefaultEdnsBytes = 1232;

    internal const double DefaultTimeoutSec = 3;

    internal TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(DefaultTimeoutSec);

    /// <summary>How many more times a server is asked over UDP that did not answer.</summary>
    internal int Retries { get; init; }

    /// <summary>Whether to ask over TCP from the start.</summary>
    internal bool Tcp { get; init; }

    internal bool Recursion { get; init; } = true;

    internal bool Dnssec { get; init; }

    /// <summary>How large an answer over UDP may be; 0 leaves EDNS out.</summary>
    internal int EdnsBytes { get; init; } = DefaultEdnsBytes;
}
