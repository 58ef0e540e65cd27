using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>What Test-HttpEndpoint found out about a web server.</summary>
public sealed class HttpEndpointResult
{
    private readonly CertificateInfo? _certificate;

    internal HttpEndpointResult(string uri, IReadOnlyList<HttpHop> hops)
    {
        Uri = uri;
        Hops = new(hops);
        Phases = hops.Aggregate(default(HttpPhases), static (sum, hop) => sum.And(hop.Phases));
    }

    /// <summary>The URI as it was understood.</summary>
    public string Uri { get; }

    /// <summary>Whether the response is as expected.</summary>
    public bool Passed => Status == HttpEndpointStatus.Passed;

    /// <summary>What became of the request.</summary>
    public HttpEndpointStatus Status { get; internal init; }

    /// <summary>Why it did not pass, and what to do; null if it did.</summary>
    public string? Reason { get; internal init; }

    /// <summary>The status code of the last response; null without one.</summary>
    public int? StatusCode => Last?.StatusCode;

    /// <summary>The version of the last response, such as HTTP/1.1; null without one.</summary>
    public string? Version { get; internal init; }

    /// <summary>The address that the last request went to; null if none accepted.</summary>
    public string? Address => Last?.Address;

    /// <summary>The milliseconds that names took to resolve; null if there were none, or they were known.</summary>
    public object? ResolveMilliseconds => FileValue.Of(Phases.Resolve);

    /// <summary>The milliseconds of connecting.</summary>
    public object? ConnectMilliseconds => FileValue.Of(Phases.Connect);

    /// <summary>The milliseconds of TLS handshakes; null without one.</summary>
    public object? TlsMilliseconds => FileValue.Of(Phases.Tls);

    /// <summary>The milliseconds until the system had taken the request.</summary>
    public object? SendMilliseconds => FileValue.Of(Phases.Send);

    /// <summary>The milliseconds from then until the first byte of the response, not counting interim ones.</summary>
    public object? WaitMilliseconds => FileValue.Of(Phases.Wait);

    /// <summary>The milliseconds from the first byte of the response to the last.</summary>
    public object? ReceiveMilliseconds => FileValue.Of(Phases.Receive);

    /// <summary>The milliseconds of all this together, with all redirects.</summary>
    public object TotalMilliseconds => FileValue.With(Phases.Total);

    /// <summary>How many bytes of the body of the last response arrived.</summary>
    public long? Bytes => Last?.StatusCode is null ? null : Last.Bytes;

    /// <summary>The URI of the last request: another one after redirects.</summary>
    public string FinalUri => Last?.Uri ?? Uri;

    /// <summary>Each request with its times: one, and one more for each redirect.</summary>
    public TextList<HttpHop> Hops { get; }

    /// <summary>The header fields of the last response, in their order.</summary>
    public HttpFields Headers { get; internal init; } = HttpFields.None;

    /// <summary>The certificate of the server of the last request, also one that was not accepted; null without TLS.</summary>
    public CertificateInfo? Certificate
    {
        get => _certificate;
        internal init
        {
            _certificate = value?.WithoutProblems();
            Problems = value?.Problems ?? Problems;
        }
    }

    /// <summary>What is wrong with the certificate.</summary>
    public TextList<CertificateProblem> Problems { get; private init; } = new([]);

    /// <summary>The whole days until the certificate expires; null without one.</summary>
    public object? DaysLeft => Certificate?.DaysLeft;

    /// <summary>What else is remarkable: a redirect from https to http, a malformed head.</summary>
    public TextList<string> Remarks { get; internal init; } = new([]);

    /// <summary>The number of the attempt, from 1.</summary>
    public int Attempt { get; internal init; } = 1;

    /// <summary>When the attempt began, in local time.</summary>
    public object Time => FileValue.With(Began);

    internal HttpPhases Phases { get; }

    private HttpHop? Last => Hops.Count > 0 ? Hops[^1] : null;

    internal DateTime Began { get; init; } = DateTime.Now;

    /// <inheritdoc/>
    public override string ToString() => $"{Uri} {Status}{(StatusCode is { } code ? $" {code}" : string.Empty)}";
}
