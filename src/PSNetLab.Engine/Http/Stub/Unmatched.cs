using System.Text;
using System.Text.Json;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Stub;

/// <summary>Says why no route answers a request: the nearest routes, with a verdict for each of their criteria.</summary>
internal sealed class Unmatched
{
    private readonly HttpRequestRecord _request;
    private readonly ISecrets? _secrets;
    private readonly (HttpRoute Route, Verdict[] Verdicts)[] _near;

    internal Unmatched(HttpRequestRecord request, RouteTable table, ISecrets? secrets = null)
    {
        _request = request;
        _secrets = secrets;
        _near = Array.ConvertAll(
            NearMisses.Find(table.InOrder, route => (route.Criteria, request)),
            route => (route, Verdicts(route, request, secrets)));
    }

    /// <summary>One line, for the warning.</summary>
    internal string Summary
    {
        get
        {
            string text = $"No route answers {_request.Method} {Shown.Short(_secrets?.RedactTarget(_request.Target) ?? _request.Target)}";
            if (_near.Length == 0)
            {
                return $"{text}: the server has no routes. Add one with Add-HttpRoute.";
            }

            (HttpRoute route, Verdict[] verdicts) = _near[0];
            IEnumerable<string> wrong = verdicts.Where(verdict => !verdict.Fits).Select(verdict => $"{verdict.Criterion}: expected "
                + $"{verdict.Expected}, got {verdict.Got}");
            return $"{text}. The nearest is '{route.Name}': {string.Join("; ", wrong)}.";
        }
    }

    /// <summary>The whole explanation as text.</summary>
    internal string Text
    {
        get
        {
            StringBuilder text = new($"404 Not Found: no route of this server answers {_request.Method} "
                + $"{PeerText.Visible(_request.Target)}\n");
            text.Append(_near.Length == 0 ? "\nIt has no routes.\n" : "\nThe nearest routes:\n");
            foreach ((HttpRoute route, Verdict[] verdicts) in _near)
            {
                text.Append('\n').Append(route.Name).Append('\n');
                Append(text, verdicts);
            }

            return text.ToString();
        }
    }

    /// <summary>The whole explanation as JSON.</summary>
    internal byte[] Json => JsonSerializer.SerializeToUtf8Bytes(new
    {
        status = 404,
        error = $"No route of this server answers {_request.Method} {_request.Target}",
        nearest = _near.Select(near => new
        {
            route = near.Route.Name,
            criteria = near.Verdicts.Select(verdict => new { name = verdict.Criterion, fits = verdict.Fits, expected = verdict.Expected,
                got = verdict.Got }),
        }),
    });

    /// <summary>Writes verdicts, a line for each.</summary>
    internal static void Append(StringBuilder text, IEnumerable<Verdict> verdicts)
    {
        foreach (Verdict verdict in verdicts)
        {
            text.Append(verdict.Fits
                ? $"  \u2713 {verdict.Criterion}: {verdict.Expected}\n"
                : $"  \u2717 {verdict.Criterion}: expected {verdict.Expected}, got {verdict.Got}\n");
        }
    }

    private static Verdict[] Verdicts(HttpRoute route, HttpRequestRecord request, ISecrets? secrets)
    {
        List<Verdict> verdicts = [.. route.Criteria.Judge(request, secrets)];
        if (verdicts.TrueForAll(verdict => verdict.Fits))
        {
            Verdict? why = route.Exhaustion ?? (route.Criteria.When is null ? null : new Verdict("When", "true", "false", Fits: false));
            if (why is not null)
            {
                verdicts.Add(why);
            }
        }

        return [.. verdicts];
    }
}
