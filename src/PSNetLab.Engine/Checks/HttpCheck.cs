using System.Text.RegularExpressions;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Messages;

namespace PSNetLab.Engine.Checks;

/// <summary>What to ask web servers for, and what to expect.</summary>
internal sealed record HttpCheckOptions
{
    internal const int DefaultMostRedirects = 5;

    /// <summary>How much of a body is kept to be matched.</summary>
    internal const int MostMatchedBytes = 16 * 1024 * 1024;

    internal static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    internal string Method { get; init; } = "GET";

    /// <summary>Fields to send; they go before our own.</summary>
    internal IReadOnlyList<HttpField> Fields { get; init; } = [];

    internal byte[] Body { get; init; } = [];

    /// <summary>Whether a status code is good.</summary>
    internal Func<int, bool> IsExpected { get; init; } = static status => status is >= 200 and < 400;

    /// <summary>The expected status codes in words.</summary>
    internal string Expected { get; init; } = "200-399";

    /// <summary>What the body must match; null for anything.</summary>
    internal Regex? Match { get; init; }

    internal int MostRedirects { get; init; } = DefaultMostRedirects;

    /// <summary>Addresses to use instead of those that a name has.</summary>
    internal IReadOnlyList<HostOverride> Overrides { get; init; } = [];

    internal HttpConnectOptions Connect { get; init; } = new();

    internal TimeSpan Timeout { get; init; } = DefaultTimeout;

    internal Repetition Repetition { get; init; } = new();
}

/// <summary>Checks a web server, once or repeatedly.</summary>
internal sealed class HttpCheck(HttpCheckOptions options, CheckedNames names, HttpUri uri) : ICheck
{
    /// <inheritdoc/>
    public ValueTask RunAsync(IMessageSink<object> rows, CancellationToken cancellationToken)
        => options.Repetition.RunAsync(
            async attempt =>
            {
                HttpCheckRun run = new(options, names, uri);
                HttpEndpointResult result = await run.RunAsync(attempt, cancellationToken).ConfigureAwait(false);
                await rows.AddAsync(result, cancellationToken).ConfigureAwait(false);
            },
            cancellationToken);
}
