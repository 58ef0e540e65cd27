using System.Text;
using System.Text.Json;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>Reads stub mappings of WireMock. What has no counterpart here is an error, not a mapping that answers something else.</summary>
internal static class WireMockReader
{
    private const int UsualPriority = 5;
    private const string FirstState = "Started";

    /// <summary>The routes in a file; null if it has no mapping.</summary>
    internal static IReadOnlyList<HttpRoute>? TryRead(Node root, string path, ReplayOptions options)
    {
        Node[]? mappings = root.Has("mappings") ? [.. root.Get("mappings").Elements.Select((mapping, index) => mapping.Entry(index + 1))]
            : root.Has("request") && root.Has("response") ? [root.Entry(1)]
            : null;
        return mappings?.GroupBy(mapping => mapping.TextOf("scenarioName") is { } scenario
            ? $"{scenario}\n{RecordedBody.Normal(Encoding.UTF8.GetBytes(mapping.Get("request").Value.GetRawText()), string.Empty)}"
            : mapping.File).Select(group => Route([.. group], path, options)).ToArray();
    }

    private static HttpRoute Route(Node[] mappings, string path, ReplayOptions options)
    {
        Node first = mappings[0];
        Node request = first.Get("request");
        (RequestCriteria criteria, string target) = Criteria(request, options.Redactor);
        int priority = first.TryGet("priority") is { } given ? (int)given.Number : UsualPriority;
        return new HttpRoute(criteria, [.. Chain(mappings).Select(mapping => WireMockAnswer.Read(mapping.Get("response"), path))],
            new RouteSettings
            {
                Name = first.TextOf("name") ?? target,
                Priority = ReplayOptions.Priority + UsualPriority - priority,
                AtEnd = options.AtEnd,
            });
    }

    /// <summary>The mappings of a scenario in the order of its states.</summary>
    private static List<Node> Chain(Node[] mappings)
    {
        List<Node> chain = [];
        string? state = FirstState;
        if (mappings.Length == 1 && !mappings[0].Has("scenarioName"))
        {
            return [mappings[0]];
        }

        while (chain.Count < mappings.Length)
        {
            Node? next = mappings
                .Where(mapping => !chain.Contains(mapping) && (mapping.TextOf("requiredScenarioState") ?? FirstState) == state)
                .Select(mapping => (Node?)mapping)
                .FirstOrDefault();
            if (next is not { } found)
            {
                throw mappings[0].Fail($"the states of the scenario '{mappings[0].TextOf("scenarioName")}' are no chain for this request; "
                    + "only answers that follow each other can be read");
            }

            chain.Add(found);
            state = found.TextOf("newScenarioState") ?? state;
        }

        return chain;
    }

    private static (RequestCriteria Criteria, string Target) Criteria(Node request, Redactor redactor)
    {
        request.Allow("method", "url", "urlPath", "urlPattern", "urlPathPattern", "urlPathTemplate", "queryParameters", "headers",
            "bodyPatterns", "basicAuthCredentials");
        string method = request.TextOf("method") ?? "ANY";
        List<(string, ValueCriterion)> query = Values(request.TryGet("queryParameters"));
        List<(string, ValueCriterion)> headers = Values(request.TryGet("headers"));
        if (request.TryGet("basicAuthCredentials") is { } login)
        {
            byte[] pair = Encoding.UTF8.GetBytes($"{login.Get("username").Text}:{login.Get("password").Text}");
            headers.Add(("Authorization", ValueCriterion.Exactly($"Basic {Convert.ToBase64String(pair)}")));
        }

        PathPattern? path = null;
        bool isWhole = false;
        string target = "*";
        if (request.TextOf("url") is { } url)
        {
            string[] parts = url.Split('?', 2);
            path = PathPattern.Literal(Path(request.Get("url"), parts[0]));
            isWhole = true;
            query.AddRange(FormPairs.Read(Encoding.UTF8.GetBytes(parts.Length == 1 ? string.Empty : parts[1]))
                .Select(pair => (pair.Name, ValueCriterion.Exactly(pair.Value))));
            target = url;
        }
        else if (request.TextOf("urlPath") is { } literal)
        {
            path = PathPattern.Literal(Path(request.Get("urlPath"), literal));
            target = literal;
        }
        else if (request.TextOf("urlPathTemplate") is { } template)
        {
            path = PathPattern.Parse(target = template);
        }
        else if ((request.TryGet("urlPathPattern") ?? request.TryGet("urlPattern")) is { } pattern)
        {
            path = OfRegex(pattern);
            target = path?.Text ?? target;
        }

        BodyMatch[] bodies = [.. (request.TryGet("bodyPatterns")?.Elements ?? []).Select(body => Body(body, redactor))];
        return (
            new RequestCriteria
            {
                Methods = method is "ANY" ? [] : [method.ToUpperInvariant()],
                Path = path,
                Query = query,
                IsWholeQuery = isWhole,
                Headers = headers,
                Body = bodies.Length == 0 ? null : bodies.Length == 1 ? bodies[0] : BodyMatch.By(new AllOf(bodies)),
            },
            method is "ANY" ? target : $"{method} {target}");
    }

    private static string Path(Node node, string path)
        => path.StartsWith('/') ? path : throw node.Fail($"'{path}' does not start with a slash");

    /// <summary>The path that a simple regular expression stands for.</summary>
    private static PathPattern? OfRegex(Node pattern)
    {
        string text = pattern.Text.TrimStart('^').TrimEnd('$');
        if (text == ".*")
        {
            return null;
        }

        string[] segments = text.Split('/');
        if (text.StartsWith('/') && text.Contains("[^/", StringComparison.Ordinal))
        {
            segments = text.Replace("[^/]+", "*", StringComparison.Ordinal).Replace("[^/]*", "*", StringComparison.Ordinal).Split('/');
        }

        for (int i = 1; i < segments.Length; i++)
        {
            segments[i] = segments[i] == ".*" && i == segments.Length - 1 ? "**" : segments[i].Replace("\\.", ".", StringComparison.Ordinal)
                is var plain && (plain == "*" || (plain.IndexOfAny(['\\', '*', '+', '?', '[', '(', '|', '{', '^', '$']) < 0
                    && !segments[i].Replace("\\.", string.Empty, StringComparison.Ordinal).Contains('.', StringComparison.Ordinal)))
                ? plain
                : throw pattern.Fail("routes have no regular expressions in paths: only [^/]+ for a segment, and .* at the end; write "
                    + "urlPathTemplate instead");
        }

        return PathPattern.Parse(string.Join('/', segments));
    }

    private static List<(string, ValueCriterion)> Values(Node? table)
        => [.. (table?.Members ?? []).Select(member => (member.Name, Value(member.Value)))];

    private static ValueCriterion Value(Node matcher)
    {
        bool ignoresCase = matcher.TryGet("caseInsensitive")?.Value.ValueKind == JsonValueKind.True;
        foreach ((string name, Node value) in matcher.Members.Where(member => member.Name != "caseInsensitive"))
        {
            return name switch
            {
                "equalTo" when !ignoresCase => ValueCriterion.Exactly(value.Text),
                "equalTo" => ValueCriterion.Like(new($"^{Escape(value.Text)}$", RegexOptions(ignoresCase))),
                "contains" => ValueCriterion.Like(new(Escape(value.Text), RegexOptions(ignoresCase))),
                "matches" => ValueCriterion.Like(Regex(value)),
                "absent" => value.Value.ValueKind == JsonValueKind.True ? ValueCriterion.Absent : ValueCriterion.Present,
                _ => throw value.Fail($"there is no counterpart for '{name}' here; known are equalTo, contains, matches and absent"),
            };
        }

        throw matcher.Fail("this says nothing about the value");
    }

    private static BodyMatch Body(Node matcher, Redactor redactor)
    {
        foreach ((string name, Node value) in matcher.Members)
        {
            switch (name)
            {
                case "equalTo":
                    return BodyMatch.Exactly(value.Text);
                case "contains":
                    return BodyMatch.Like(new(Escape(value.Text)));
                case "matches":
                    return BodyMatch.Like(Regex(value));
                case "equalToJson":
                    string json = value.Value.ValueKind == JsonValueKind.String ? value.Text : value.Value.GetRawText();
                    JsonDocument? document = JsonObjects.TryParse(Encoding.UTF8.GetBytes(json));
                    if (document is null)
                    {
                        throw value.Fail("this is not JSON");
                    }

                    document.Dispose();
                    bool isPart = matcher.TryGet("ignoreExtraElements")?.Value.ValueKind == JsonValueKind.True;
                    byte[] bytes = Encoding.UTF8.GetBytes(json);
                    return isPart ? BodyMatch.With(bytes) : BodyMatch.By(new RecordedBody(bytes, "application/json", redactor));
                case "ignoreExtraElements":
                    continue;
                case "ignoreArrayOrder" when value.Value.ValueKind == JsonValueKind.False:
                    continue;
                default:
                    throw value.Fail(
                        $"there is no counterpart for '{name}' here; known are equalTo, contains, matches and equalToJson");
            }
        }

        throw matcher.Fail("this says nothing about the body");
    }

    private static string Escape(string text) => System.Text.RegularExpressions.Regex.Escape(text);

    private static System.Text.RegularExpressions.RegexOptions RegexOptions(bool ignoresCase) => ignoresCase
        ? System.Text.RegularExpressions.RegexOptions.IgnoreCase : System.Text.RegularExpressions.RegexOptions.None;

    private static System.Text.RegularExpressions.Regex Regex(Node node)
    {
        try
        {
            return new($"^(?:{node.Text})$", System.Text.RegularExpressions.RegexOptions.Singleline);
        }
        catch (ArgumentException error)
        {
            throw node.Fail(error.Message.TrimEnd('.'));
        }
    }

    private sealed class AllOf(BodyMatch[] bodies) : IBodyComparison
    {
        public bool Fits(HttpRequestRecord request) => Array.TrueForAll(bodies, body => body.Fits(request));

        public string? Difference(HttpRequestRecord request, ISecrets? secrets)
            => bodies.Select(body => body.Difference(request, secrets)).FirstOrDefault(difference => difference is not null);

        public string Expected(ISecrets? secrets) => string.Join(" and ", bodies.Select(body => body.Expected(secrets)));
    }
}
