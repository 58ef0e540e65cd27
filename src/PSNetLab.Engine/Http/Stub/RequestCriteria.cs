using System.Text;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.WebSockets;

namespace PSNetLab.Engine.Http.Stub;

/// <summary>
/// What a request must be like: that a route answers it, or that an assertion counts it. What is not given may be anything.
/// </summary>
internal sealed record RequestCriteria
{
    private readonly byte[][] _methods = [];

    /// <summary>The methods, one of which it must have; none for any.</summary>
    internal IReadOnlyList<string> Methods
    {
        get => Array.ConvertAll(_methods, Encoding.ASCII.GetString);
        init => _methods = [.. value.Select(Encoding.ASCII.GetBytes)];
    }

    internal PathPattern? Path { get; init; }

    /// <summary>Whether it must ask for a WebSocket, with GET.</summary>
    internal bool IsWebSocket { get; init; }

    internal IReadOnlyList<(string Name, ValueCriterion Value)> Query { get; init; } = [];

    internal IReadOnlyList<(string Name, ValueCriterion Value)> Headers { get; init; } = [];

    /// <summary>Whether the query must have nothing else.</summary>
    internal bool IsWholeQuery { get; init; }

    /// <summary>Takes secrets out of a query before it is compared with one that has none; null to compare it as it is.</summary>
    internal Func<string, string>? RedactQuery { get; init; }

    internal BodyMatch? Body { get; init; }

    /// <summary>A script that says whether the request is the right one; null for none. Only the module can run it.</summary>
    internal object? When { get; init; }

    /// <summary>How many criteria there are, besides the path.</summary>
    internal int Count
        => (_methods.Length > 0 ? 1 : 0) + Query.Count + Headers.Count + (Body is null ? 0 : 1) + (When is null ? 0 : 1)
        + (IsWebSocket ? 1 : 0);

    /// <summary>Whether method and path are all.</summary>
    internal bool IsPlain
        => Query.Count + Headers.Count == 0 && !IsWholeQuery && Body is null && When is null && !IsWebSocket;

    /// <summary>Whether it may take long to find out, so that it must not happen on the thread of an event loop.</summary>
    internal bool IsSlow => When is not null || RedactQuery is not null || Body?.IsSlow == true
        || Query.Concat(Headers).Any(pair => pair.Value.IsSlow);

    /// <summary>Method and path, as in "GET /users/{id}".</summary>
    internal string Target => $"{(IsWebSocket ? "WS "
        : _methods.Length == 0 ? string.Empty : string.Join(',', Methods) + " ")}{Path?.Text ?? "*"}";

    /// <summary>Whether the method is right. A route for GET answers HEAD as well (RFC 9110, section 9.3.2).</summary>
    internal bool FitsMethod(ReadOnlySpan<byte> method)
    {
        if (_methods.Length == 0)
        {
            return true;
        }

        foreach (byte[] wanted in _methods)
        {
            if (method.SequenceEqual(wanted) || (method.SequenceEqual("HEAD"u8) && wanted.AsSpan().SequenceEqual("GET"u8)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether everything but <see cref="When"/> is right. Messages of WebSockets are meant only by their method, WS.</summary>
    internal bool Fits(HttpRequestRecord request)
        => (request.MessageKind is null || _methods.Length > 0) && FitsMethod(request.RawMethod)
            && (Path is null || Path.Fits(request.RawPath)) && FitsRest(request);

    /// <summary>Whether query, header and body are right.</summary>
    internal bool FitsRest(HttpRequestRecord request)
        => (!IsWebSocket || WebSocketHandshake.IsAskedFor(request))
            && Query.All(pair => pair.Value.Fits(QueryValues(request, pair.Name)))
            && (!IsWholeQuery || CountPairs(request) == Query.Count)
            && Headers.All(pair => pair.Value.Fits(HeaderValues(request, pair.Name)))
            && Body?.Fits(request) != false;

    /// <summary>Each criterion with its verdict, but for <see cref="When"/>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="secrets">Takes secrets out of the values that are shown; null to show all but logins.</param>
    internal IEnumerable<Verdict> Judge(HttpRequestRecord request, ISecrets? secrets = null)
    {
        if (_methods.Length > 0)
        {
            yield return new Verdict("Method", string.Join(" or ", Methods), request.Method, FitsMethod(request.RawMethod));
        }

        if (Path is not null)
        {
            yield return new Verdict("Path", Path.Text, Shown.Short(request.Path), Path.Fits(request.RawPath));
        }

        if (IsWebSocket)
        {
            bool isAskedFor = WebSocketHandshake.IsAskedFor(request);
            yield return new Verdict("Header Upgrade", "'websocket'", Show(HeaderValues(request, "Upgrade")), isAskedFor);
        }

        foreach ((string name, ValueCriterion value) in Query)
        {
            yield return Of($"Query {name}", name, value, QueryValues(request, name));
        }

        if (IsWholeQuery)
        {
            int count = CountPairs(request);
            yield return new Verdict("Query", $"{Query.Count} parameters", $"{count}", count == Query.Count);
        }

        foreach ((string name, ValueCriterion value) in Headers)
        {
            yield return Of($"Header {name}", name, value, HeaderValues(request, name));
        }

        if (Body is not null)
        {
            string? difference = Body.Difference(request, secrets);
            yield return new Verdict("Body", Body.Expected(secrets), difference ?? "that", difference is null);
        }

        Verdict Of(string criterion, string name, ValueCriterion value, IReadOnlyList<string> values)
            => new(criterion, Safe(name, value.ToString()), Show([.. values.Select(one => Safe(name, one))]), value.Fits(values));

        string Safe(string name, string text) => secrets is not null ? secrets.RedactValue(name, text)
            : HttpRequestRecord.IsSecret(name) ? HttpRequestRecord.Mask(text)
            : text;
    }

    private static string Show(IReadOnlyList<string> values)
        => values.Count == 0 ? "nothing" : string.Join(", ", values.Select(Shown.Quoted));

    private List<string> QueryValues(HttpRequestRecord request, string name)
    {
        List<string> values = [];
        FormPairs pairs = new(QueryOf(request));
        while (pairs.MoveNext())
        {
            if (PercentText.Decode(pairs.Name, isForm: true) == name)
            {
                values.Add(PercentText.Decode(pairs.Value, isForm: true));
            }
        }

        return values;
    }

    private int CountPairs(HttpRequestRecord request)
    {
        int count = 0;
        FormPairs pairs = new(QueryOf(request));
        while (pairs.MoveNext())
        {
            count++;
        }

        return count;
    }

    private ReadOnlySpan<byte> QueryOf(HttpRequestRecord request) => RedactQuery is null ? request.RawQuery
        : Encoding.Latin1.GetBytes(RedactQuery(Encoding.Latin1.GetString(request.RawQuery)));

    private static IReadOnlyList<string> HeaderValues(HttpRequestRecord request, string name)
        => request.GetHeader(name) is { } value ? [value] : [];
}

/// <summary>What became of one criterion.</summary>
/// <param name="Criterion">Its name, such as "Query page".</param>
/// <param name="Expected">What was expected.</param>
/// <param name="Got">What the request has.</param>
/// <param name="Fits">Whether that is right.</param>
internal sealed record Verdict(string Criterion, string Expected, string Got, bool Fits);
