using System.Globalization;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Stub;

/// <summary>An answer of a route.</summary>
internal sealed record StubAnswer
{
    private readonly Response? _response;

    internal int Status { get; init; } = 200;

    /// <summary>The header fields, without those that frame the message.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> Fields { get; init; } = [];

    /// <summary>The fields after the body, which is sent in chunks for them; none otherwise.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> Trailers { get; init; } = [];

    /// <summary>The length to announce to HEAD instead of that of the body, -1 for none; null for that of the body.</summary>
    internal long? HeadLength { get; init; }

    /// <summary>The body, if it is known beforehand.</summary>
    internal byte[] Bytes { get; init; } = [];

    /// <summary>The full path of the file whose content is the body; null for none.</summary>
    internal string? File { get; init; }

    /// <summary>A script that makes the answer; null for none. Only the module can run it.</summary>
    internal object? Script { get; init; }

    /// <summary>What answers instead; null for a status and a body.</summary>
    internal StubService? Service { get; init; }

    /// <summary>How long to wait before the answer: a random time between these.</summary>
    internal (int Least, int Most) DelayMilliseconds { get; init; }

    internal HttpFault? Fault { get; init; }

    /// <summary>After how many bytes of the body the fault happens; null for half of it.</summary>
    internal long? AfterBytes { get; init; }

    /// <summary>How fast the body is sent; 0 for as fast as possible.</summary>
    internal int BytesPerSecond { get; init; }

    /// <summary>What it is, for the description of the route; empty to show the status alone.</summary>
    internal string Kind { get; init; } = string.Empty;

    /// <summary>The response, if that is all: it can be sent from memory, at once.</summary>
    internal Response? AtOnce
        => _response
            ?? (DelayMilliseconds.Most == 0 && Fault is null && BytesPerSecond == 0 && File is null && Script is null && Service is null
                && Trailers.Count == 0 && HeadLength is null
                && Status >= 200
            ? MakeResponse()
            : null);

    /// <summary>The same answer, ready to be sent many times.</summary>
    internal StubAnswer Prepared() => AtOnce is { } response ? new StubAnswer(this, response) : this;

    internal StubAnswer()
    {
    }

    private StubAnswer(StubAnswer other, Response response)
        : this(other)
        => _response = response;

    internal byte[] FieldLines => Protocol.FieldLines.Format(Fields);

    internal Response MakeResponse() => new() { Status = Status, Fields = FieldLines, Content = Content.Of(Bytes) };

    public override string ToString()
    {
        string text = Service is { } service ? service.ToString()
            : Script is not null ? "script" : Fault is { } fault ? $"{Status} {fault}"
            : Status.ToString(CultureInfo.InvariantCulture);
        string kind = Kind.Length > 0 && Script is null ? $"{text} {Kind}" : text;
        (int least, int most) = DelayMilliseconds;
        return most == 0 ? kind : least == most ? $"{kind} after {least} ms" : $"{kind} after {least}-{most} ms";
    }
}
