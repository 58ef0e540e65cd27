using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Text;
using System.Text.RegularExpressions;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Conversion;

/// <summary>Reads routes and their criteria as users give them.</summary>
internal static class RouteInput
{
    /// <summary>The argument of a WebSocket that sends back every message.</summary>
    internal const string Echo = "Echo";

    // Instead of a method, in the short form of a route.
    private const string WebSocketMethod = "WS";
    private const string EventsMethod = "SSE";

    /// <summary>
    /// The routes in an argument: routes, tables of the form 'GET /path' = answer, or a script block that answers everything; one or
    /// a list.
    /// </summary>
    /// <param name="value">The argument.</param>
    /// <param name="caller">The cmdlet, for the variables of scripts.</param>
    internal static IReadOnlyList<HttpRoute> FromArgument(object? value, PSCmdlet caller) => value.Unwrapped() switch
    {
        null => [],
        HttpRoute route => [route],
        ScriptBlock script => [OfAnswers(new RequestCriteria(), script, caller)],
        IDictionary table => FromTable(table, caller),
        IEnumerable list and not string => [.. list.Cast<object?>().SelectMany(element => FromArgument(element, caller))],
        var item => throw Invalid(item, $"'{item}' is not a route. Use New-HttpRoute, or a table such as @{{ 'GET /path' = 200 }}; a "
            + $"port is given with -Port."),
    };

    // No LINQ, which would be compiled for entries of tables when the first server starts.
    private static List<HttpRoute> FromTable(IDictionary table, PSCmdlet caller)
    {
        List<HttpRoute> routes = new(table.Count);
        foreach (DictionaryEntry entry in table)
        {
            routes.Add(OfAnswers(Target(LanguagePrimitives.ConvertTo<string>(entry.Key)), entry.Value, caller));
        }

        return routes;
    }

    /// <summary>A route that gives certain answers.</summary>
    internal static HttpRoute OfAnswers(RequestCriteria criteria, object? answers, PSCmdlet caller)
    {
        bool isWebSocket = criteria.Methods is [WebSocketMethod];
        bool isStream = criteria.Methods is [EventsMethod];
        criteria = isWebSocket ? ForWebSocket(criteria) : isStream ? ForEvents(criteria) : criteria;
        IReadOnlyList<StubAnswer> steps = isWebSocket ? [new StubAnswer { Service = WebSocket(answers, caller) }]
            : isStream ? [new StubAnswer { Service = Events(answers, caller) }]
            : AnswerInput.FromArgument(answers, caller);
        return steps.Count > 0
            ? new HttpRoute(criteria, steps, new RouteSettings())
            : throw Invalid(criteria.Target, $"The route '{criteria.Target}' has no answer. Give it a status, a text or an object.");
    }

    /// <summary>The criteria of a route for WebSockets.</summary>
    internal static RequestCriteria ForWebSocket(RequestCriteria criteria)
        => criteria.Methods is [] or [WebSocketMethod] or ["GET"] ? criteria with { Methods = ["GET"], IsWebSocket = true }
            : throw Invalid(
                criteria.Target, $"'{criteria.Target}' is no route for WebSockets, which begin with GET. Leave out the method.");

    /// <summary>The criteria of a route for events.</summary>
    internal static RequestCriteria ForEvents(RequestCriteria criteria)
        => criteria.Methods is [] or [EventsMethod] ? criteria with { Methods = ["GET"] } : criteria;

    /// <summary>The criteria of a route for tunnels.</summary>
    internal static RequestCriteria ForTunnels(RequestCriteria criteria)
        => criteria is { Path: null, Methods: [] or ["CONNECT"] } ? criteria with { Methods = ["CONNECT"] }
            : throw Invalid(
                criteria.Target, $"'{criteria.Target}' is no route for tunnels: those are asked for with CONNECT and have no path. Leave "
                    + "out -Path; -AllowAddress says where tunnels may lead.");

    /// <summary>The criteria of any other route.</summary>
    internal static RequestCriteria ForAnswers(RequestCriteria criteria) => criteria.Methods switch
    {
        [WebSocketMethod] => throw Invalid(criteria.Target, "WS is not a method. A route for WebSockets has -WebSocket."),
        [EventsMethod] => throw Invalid(criteria.Target, "SSE is not a method. A route for events has -EventStream."),
        _ => criteria,
    };

    /// <summary>What happens on a WebSocket: a script block answers each message, or Echo sends it back.</summary>
    internal static WebSocketService WebSocket(object? answer, PSCmdlet caller) => answer.Unwrapped() switch
    {
        ScriptBlock script => new WebSocketService { Script = new JobScript(script, caller) },
        string text when text.Equals(Echo, StringComparison.OrdinalIgnoreCase) => new WebSocketService(),
        var other => throw Invalid(other, "The messages of a WebSocket are answered by a script block, such as { \"got $_\" }, or by "
            + "'Echo'."),
    };

    private static EventStreamService Events(object? answer, PSCmdlet caller) => answer.Unwrapped() is ScriptBlock script
        ? new EventStreamService(new JobScript(script, caller), TimeSpan.Zero)
        : throw Invalid(answer, "Events come from a script block, such as { 1..3 | ForEach-Object { $_; Start-Sleep 1 } }.");

    /// <summary>Reads "GET /path?name=value": the methods and the query may be left out, and * is every path.</summary>
    internal static RequestCriteria Target(string text)
    {
        // Without regular expressions, which take long when they are first used.
        string rest = text.Trim();
        int start = rest.StartsWith("* ", StringComparison.Ordinal) ? 2 : rest.AsSpan().IndexOfAny('/', '*');
        if (start < 0 || (start > 0 && !char.IsWhiteSpace(rest[start - 1])))
        {
            throw Invalid(text, $"'{text}' is not a route. Write a path with a slash, and the method before it if it matters: "
                + "'GET /users/{id}', or * for every path.");
        }

        string[] methods = rest[..start].Split([',', '|', ' '], StringSplitOptions.RemoveEmptyEntries);
        string[] target = rest[start..].TrimStart().Split('?', 2);
        return new RequestCriteria
        {
            Methods = Methods(methods),
            Path = target[0] == "*" ? null : PathPattern.Parse(target[0]),
            Query = target.Length == 2 ? [.. QueryOf(target[1])] : [],
        };
    }

    /// <summary>Methods in their usual, upper case; * is any.</summary>
    internal static IReadOnlyList<string> Methods(IEnumerable<string> methods)
    {
        string[] names = [.. methods.Select(method => method.ToUpperInvariant()).Distinct()];
        foreach (string name in names.Where(name => name.AsSpan().ContainsAnyExcept(HttpSyntax.TokenText)))
        {
            throw Invalid(name, $"'{name}' is not a method such as GET or POST.");
        }

        return names.Contains("*") ? [] : names;
    }

    /// <summary>What a table of names and values expects.</summary>
    internal static IReadOnlyList<(string Name, ValueCriterion Value)> Values(IDictionary? table)
    {
        List<(string Name, ValueCriterion Value)> values = [];
        foreach (DictionaryEntry entry in table ?? new Hashtable())
        {
            string name = LanguagePrimitives.ConvertTo<string>(entry.Key);
            object? value = entry.Value.Unwrapped();
            values.AddRange(value is IEnumerable list and not string
                ? list.Cast<object?>().Select(element => (name, Value(element)))
                : [(name, Value(value))]);
        }

        return values;
    }

    /// <summary>What is expected of a body: a text, a regular expression, or an object that is compared with its JSON.</summary>
    internal static BodyMatch? Body(object? body) => body.Unwrapped() switch
    {
        null => null,
        string text => BodyMatch.Exactly(text),
        Regex regex => BodyMatch.Like(regex),
        _ => BodyMatch.With(JsonText.From(body)),
    };

    private static ValueCriterion Value(object? value) => value.Unwrapped() switch
    {
        null => ValueCriterion.Absent,
        bool isThere => isThere ? ValueCriterion.Present : ValueCriterion.Absent,
        Regex regex => ValueCriterion.Like(regex),
        _ => ValueCriterion.Exactly(LanguagePrimitives.ConvertTo<string>(value)),
    };

    private static IEnumerable<(string Name, ValueCriterion Value)> QueryOf(string query)
    {
        foreach (string pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = pair.Split('=', 2);
            yield return (Decode(parts[0]), parts.Length == 1 ? ValueCriterion.Present : ValueCriterion.Exactly(Decode(parts[1])));
        }

        static string Decode(string text) => PercentText.Decode(Encoding.UTF8.GetBytes(text), isForm: true);
    }

    /// <summary>Reads a time in milliseconds, or a range such as 100-300.</summary>
    internal static (int Least, int Most) Delay(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return default;
        }

        string[] parts = text.Split('-', 2);
        bool isRight = int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int least);
        int most = least;
        isRight &= parts.Length == 1 || int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out most);
        return isRight && least <= most
            ? (least, most)
            : throw Invalid(text, $"-DelayMs '{text}' is neither a number of milliseconds nor a range such as 100-300.");
    }

    private static NetLabException Invalid(object? subject, string message) => new(FaultKind.InvalidRoute, message) { Subject = subject };
}
