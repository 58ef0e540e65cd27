using PSNetLab.Engine.Http.Client;

namespace PSNetLab.Engine.Http.Forward;

/// <summary>The server that requests are passed on to, and how it is reached.</summary>
internal sealed record UpstreamOptions
{
    internal static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Where it is. Its path is put before that of each request.</summary>
    internal required HttpUri Uri { get; init; }

    internal HttpConnectOptions Connect { get; init; } = new();

    /// <summary>How long it may take to connect, and how long the server may take nothing and send nothing.</summary>
    internal TimeSpan Timeout { get; init; } = DefaultTimeout;

    /// <summary>How many idle connections are kept.</summary>
    internal int MostIdle { get; init; } = 128;

    /// <summary>How long an idle connection is kept: less than the 5 s after which some servers close it.</summary>
    internal TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(4);
}
