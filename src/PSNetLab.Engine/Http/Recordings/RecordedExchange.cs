using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>
/// A request and its answer, as a recording has them: without what frames the messages, and with bodies that are not compressed.
/// </summary>
internal sealed record RecordedExchange
{
    /// <summary>When the request came.</summary>
    internal DateTimeOffset? Time { get; init; }

    /// <summary>How long the answer took, in milliseconds.</summary>
    internal double Milliseconds { get; init; }

    /// <summary>Whether it went over TLS.</summary>
    internal bool IsSecure { get; init; }

    internal required string Method { get; init; }

    /// <summary>The path with its query.</summary>
    internal required string Target { get; init; }

    internal IReadOnlyList<KeyValuePair<string, string>> RequestFields { get; init; } = [];

    /// <summary>The body of the request; null if it had none, or if it does not matter.</summary>
    internal byte[]? RequestBody { get; init; }

    /// <summary>Why the body of the request is left out, so that it does not matter; null if it is not.</summary>
    internal string? RequestOmitted { get; init; }

    internal required int Status { get; init; }

    internal IReadOnlyList<KeyValuePair<string, string>> Fields { get; init; } = [];

    internal byte[] Body { get; init; } = [];

    /// <summary>The length that an answer to HEAD announces; -1 if it announces none.</summary>
    internal long HeadLength { get; init; } = -1;

    internal bool IsHead => Method == "HEAD" && Body.Length == 0 && !HttpStatus.HasNoBody(Status);

    /// <summary>Why the body is left out; null if it is not.</summary>
    internal string? Omitted { get; init; }

    /// <summary>Roughly how much memory it takes.</summary>
    internal long Weight => 512 + Target.Length + (RequestBody?.Length ?? 0) + Body.Length
        + RequestFields.Concat(Fields).Sum(pair => 64 + (2 * (pair.Key.Length + pair.Value.Length)));

    /// <summary>The value of a field; empty if it is missing.</summary>
    internal static string Get(IReadOnlyList<KeyValuePair<string, string>> fields, string name)
        => fields.FirstOrDefault(field => field.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value ?? string.Empty;
}
