using System.Diagnostics;
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

    /// <summary>A certificate that expires within so many days does not pass; null for any that is valid.</summary>
    internal int? WarningDays { get; init; }

    internal TimeSpan Timeout { get; init; } = DefaultTimeout;

    internal int Count { get; init; } = 1;

    internal TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>Checks a web server, once or repeatedly.</summary>
internal sealed class HttpCheck(HttpCheckOptions options, CheckedNames names, HttpUri uri) : ICheck
{
    /// <inheritdoc/>
    public async ValueTask RunAsync(IMessageSink<object> rows, CancellationToken cancellationToken)
    {
        for (int attempt = 1; attempt <= options.Count; attempt++)
        {
            long started = Stopwatch.GetTimestamp();
            HttpCheckRun run = new(options, names, uri);
            await rows.AddAsync(
                await run.RunAsync(attempt, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            TimeSpan pause = options.Interval - Stopwatch.GetElapsedTime(started);
            if (attempt < options.Count && pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
