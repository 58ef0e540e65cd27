using System.Text;
using System.Text.Json;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>How a recording answers.</summary>
/// <param name="AtEnd">What follows the last answer to a request.</param>
/// <param name="KeepsLatency">Whether answers take as long as they took.</param>
internal sealed record ReplayOptions(RouteEnd AtEnd, bool KeepsLatency)
{
    /// <summary>Routes that are given otherwise are asked first.</summary>
    internal const int Priority = -1;

    internal Redactor Redactor { get; init; } = new();
}

/// <summary>Makes routes of recordings.</summary>
internal static class RecordedRoutes
{
    /// <summary>The routes in a file: a recording of this module, a HAR, or stub mappings of WireMock.</summary>
    /// <exception cref="NetLabException">It cannot be read.</exception>
    internal static IReadOnlyList<HttpRoute> Load(string path, ReplayOptions options)
    {
        Node root = Node.Read(RecordingReader.ReadFile(path), path);
        return RecordingReader.TryRead(root) is { } exchanges ? Of(exchanges, options)
            : WireMockReader.TryRead(root, path, options) is { } routes ? routes
            : throw root.Fail("this is neither a recording with 'entries', nor a HAR with a 'log', nor a mapping of WireMock with a "
                + "'request' and a 'response'");
    }

    /// <summary>A route for each request; the same request again has several answers.</summary>
    internal static IReadOnlyList<HttpRoute> Of(IEnumerable<RecordedExchange> exchanges, ReplayOptions options)
        => [.. exchanges.Select(options.Redactor.RedactRequest).GroupBy(Key).Select(group =>
        {
            RecordedExchange first = group.First();
            return new HttpRoute(
                Criteria(first, options.Redactor),
                [.. group.Select(exchange => Answer(exchange, options.KeepsLatency))],
                new RouteSettings { Name = $"{first.Method} {first.Target}", Priority = ReplayOptions.Priority, AtEnd = options.AtEnd });
        })];

    private static StubAnswer Answer(RecordedExchange exchange, bool keepsLatency)
    {
        int delay = keepsLatency ? (int)Math.Min(Math.Round(exchange.Milliseconds), int.MaxValue) : 0;
        return new StubAnswer
        {
            Status = exchange.Status,
            Fields = exchange.Fields,
            Bytes = exchange.Body,
            HeadLength = exchange.IsHead ? exchange.HeadLength : null,
            DelayMilliseconds = (delay, delay),
            Kind = "recorded",
        };
    }

    private static RequestCriteria Criteria(RecordedExchange exchange, Redactor redactor)
    {
        string[] parts = exchange.Target.Split('?', 2);
        List<(string Name, string Value)> query = parts.Length == 1 ? [] : FormPairs.Read(Encoding.Latin1.GetBytes(parts[1]));
        bool hasSecretWithin = query.Exists(
            pair => pair.Value != Redactor.Mark && pair.Value.Contains(Redactor.Mark, StringComparison.Ordinal));
        return new RequestCriteria
        {
            Methods = [exchange.Method],
            Path = PathPattern.Literal(parts[0]),
            Query =
            [
                .. query.Select(pair => (
                    pair.Name, pair.Value == Redactor.Mark ? ValueCriterion.Present : ValueCriterion.Exactly(pair.Value))),
            ],
            IsWholeQuery = true,
            RedactQuery = hasSecretWithin ? text => redactor.RedactTarget($"?{text}")[1..] : null,
            Body = exchange.RequestBody is { Length: > 0 } body
                ? BodyMatch.By(new RecordedBody(body, RecordedExchange.Get(exchange.RequestFields, "Content-Type"), redactor)) : null,
        };
    }

    /// <summary>What makes two requests the same.</summary>
    private static string Key(RecordedExchange exchange)
    {
        string[] parts = exchange.Target.Split('?', 2);
        string query = parts.Length == 1 ? string.Empty : string.Join('&', parts[1].Split('&').Order(StringComparer.Ordinal));
        string body = exchange.RequestBody is { Length: > 0 } bytes
            ? RecordedBody.Normal(bytes, RecordedExchange.Get(exchange.RequestFields, "Content-Type")) : string.Empty;
        return $"{exchange.Method} {parts[0]}?{query}\n{body}";
    }
}

/// <summary>The body of a recorded request: another one is the same if it differs in secrets and in form only.</summary>
internal sealed class RecordedBody : IBodyComparison
{
    private const int MostBytes = StubOptions.DefaultMaxBodyBytes;

    private readonly byte[] _body;
    private readonly string _contentType;
    private readonly Redactor _redactor;
    private readonly string _normal;

    internal RecordedBody(byte[] body, string contentType, Redactor redactor)
    {
        // A file of others may have its secrets still.
        _body = redactor.RedactBody(body, contentType) ?? body;
        _contentType = contentType;
        _redactor = redactor;
        _normal = Normal(_body, contentType);
    }

    public bool Fits(HttpRequestRecord request) => request.ComparableBody(_redactor, Normal) == _normal;

    public string? Difference(HttpRequestRecord request, ISecrets? secrets)
    {
        if (Fits(request))
        {
            return null;
        }

        byte[] actual = Redacted(request);
        using JsonDocument? want = JsonObjects.TryParse(_body);
        using JsonDocument? got = JsonObjects.TryParse(actual);
        return want is not null && got is not null
            ? JsonSubset.FirstDifference(want.RootElement, got.RootElement, secrets) ?? "it has members that the recorded one has not"
            : $"{actual.Length} bytes: {Show(actual, TypeOf(request), secrets)}";
    }

    public string Expected(ISecrets? secrets) => $"the recorded one, {Show(_body, _contentType, secrets)}";

    private string Show(byte[] body, string contentType, ISecrets? secrets)
        => Shown.Body(body, contentType, secrets ?? _redactor, static safe => HttpSyntax.ToText(safe));

    private string Normal(HttpRequestRecord request)
        => Normal(Redacted(request), TypeOf(request));

    private byte[] Redacted(HttpRequestRecord request)
    {
        byte[] sent = request.BodyBytes ?? [];
        string coding = request.GetHeader("Content-Encoding") ?? string.Empty;
        byte[] plain = coding.Length == 0 ? sent : BodyCodings.TryDecode(sent, coding, new DecodingLimit(MostBytes), out _) ?? sent;
        return _redactor.RedactBody(plain, TypeOf(request)) ?? plain;
    }

    private static string TypeOf(HttpRequestRecord request) => request.GetHeader("Content-Type") ?? string.Empty;

    /// <summary>The same text for bodies that mean the same: JSON whatever its order and blanks, a form whatever its boundary.</summary>
    internal static string Normal(byte[] body, string contentType)
    {
        if (body.Length > 0 && JsonObjects.TryParse(body) is { } document)
        {
            using (document)
            {
                StringBuilder text = new();
                Append(text, document.RootElement);
                return text.ToString();
            }
        }

        byte[] field = Encoding.Latin1.GetBytes(contentType);
        if (ContentTypeField.MediaType(field) == "multipart/form-data"
            && MultipartBody.Read(body, ContentTypeField.Parameter(field, "boundary"u8) ?? string.Empty) is { } parts)
        {
            return string.Join('\n', parts.Select(
                part => $"{part.Name}|{part.FileName}|{part.Data.Length}|{Encoding.Latin1.GetString(part.Data)}"));
        }

        return Encoding.Latin1.GetString(body);
    }

    private static void Append(StringBuilder text, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append('{');
                foreach (JsonProperty member in value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
                {
                    text.Append(JsonSerializer.Serialize(member.Name)).Append(':');
                    Append(text, member.Value);
                    text.Append(',');
                }

                text.Append('}');
                break;
            case JsonValueKind.Array:
                text.Append('[');
                foreach (JsonElement element in value.EnumerateArray())
                {
                    Append(text, element);
                    text.Append(',');
                }

                text.Append(']');
                break;
            case JsonValueKind.String:
                text.Append(JsonSerializer.Serialize(value.GetString()));
                break;
            case JsonValueKind.Number when JsonObjects.TryGetExact(value, out decimal number):
                text.Append((number / 1.0000000000000000000000000000m).ToString(System.Globalization.CultureInfo.InvariantCulture));
                break;
            default:
                text.Append(value.GetRawText());
                break;
        }
    }
}
