using System.Text;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Stub;

/// <summary>Answers requests as routes say.</summary>
internal sealed partial class StubHandler : IHttpHandler, IDisposable
{
    private const string Methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

    private static readonly KeyValuePair<string, string> s_text = FieldLines.Field("Content-Type", "text/plain; charset=utf-8");
    private static readonly KeyValuePair<string, string> s_json = FieldLines.Field("Content-Type", "application/json");

    // Kept for a request that no route answers.
    private static readonly object s_passedOn = new();

    private readonly StubOptions _options;
    private readonly BasicAuthentication? _authentication;
    private readonly object _changing = new();
    private readonly RequestGaps _gaps = new();
    private volatile RouteTable _table = RouteTable.Empty;

    internal StubHandler(StubOptions options, IEnumerable<HttpRoute> routes)
    {
        _options = options;
        _authentication = options.Credential is { } credential ? new BasicAuthentication(credential, "routes") : null;
        Journal = options.JournalLimit > 0 ? new RequestJournal(options.JournalLimit) : null;
        Add(routes);
    }

    internal StubOptions Options => _options;

    internal OpenWebSockets WebSockets { get; } = new();

    /// <summary>The latest requests; null if none are kept.</summary>
    internal RequestJournal? Journal { get; }

    /// <summary>The routes in the order in which they are asked.</summary>
    internal IReadOnlyList<HttpRoute> InOrder => _table.InOrder;

    /// <summary>Adds routes, as copies with counts of their own, and returns these.</summary>
    internal IReadOnlyList<HttpRoute> Add(IEnumerable<HttpRoute> routes)
    {
        HttpRoute[] added = [.. routes.Select(route => route.Copy())];
        lock (_changing)
        {
            _table = new RouteTable([.. _table.Routes, .. added]);
        }

        return added;
    }

    /// <summary>Removes the routes for which the condition holds, and returns how many there were.</summary>
    internal int Remove(Predicate<HttpRoute> condition)
    {
        lock (_changing)
        {
            HttpRoute[] left = [.. _table.Routes.Where(route => !condition(route))];
            int removed = _table.Routes.Count - left.Length;
            _table = new RouteTable(left);
            return removed;
        }
    }

    public bool TryHandle(HttpExchange exchange)
    {
        if (_options.Cors)
        {
            exchange.Usual = CrossOrigin.Usual;
        }

        if (exchange.Record is { } received)
        {
            // Now, and not with the body, which may come much later.
            received.Gap = _gaps.Take(exchange.Started);
        }

        if (TryRefuse(exchange))
        {
            Note(exchange, needsRecord: false);
            return true;
        }

        RouteTable table = _table;
        if (_options.Upstream is not null && exchange.Request.HasBody && !table.HasFor(
            exchange.Request.MethodText(exchange.Head), HttpTarget.PathOf(exchange.Target)))
        {
            // Nobody here needs the body: it goes to the upstream as it comes.
            Note(exchange, needsRecord: false);
            exchange.Kept = s_passedOn;
            return false;
        }

        if (!exchange.TryReadBody(_options.MaxBodyBytes))
        {
            return false;
        }

        HttpRequestRecord? request = Note(exchange, table.NeedsRecord);
        bool isSlow = false;
        int asked = -1;
        int place = -1;
        while (Find(exchange, table, request, ref place, ref isSlow) is { } route && !isSlow)
        {
            if (route.TryUse() is not { } answer)
            {
                asked = place;
                continue;
            }

            if (answer.AtOnce is not { } response)
            {
                Take(request ?? Note(exchange, needsRecord: true)!, route);
                exchange.Kept = answer;
                return false;
            }

            if (request is not null)
            {
                Take(request, route);
            }

            exchange.Answer(response);
            return true;
        }

        exchange.Kept = isSlow || _options.Upstream is null ? new Search(table, asked) : s_passedOn;
        return false;
    }

    public async ValueTask HandleAsync(HttpExchange exchange)
    {
        if (exchange.Kept == s_passedOn)
        {
            await ForwardAsync(exchange, _options.Upstream!).ConfigureAwait(false);
            return;
        }

        if (exchange.Body is null)
        {
            bool isThere = await exchange.ReadBodyAsync(_options.MaxBodyBytes).ConfigureAwait(false) is not null;
            Note(exchange, needsRecord: true);
            if (!isThere)
            {
                return; // it was too long, and is answered
            }
        }

        HttpRequestRecord request = exchange.EnsureRecord();
        StubAnswer? answer = exchange.Kept as StubAnswer;
        if (answer is null)
        {
            Search search = exchange.Kept as Search ?? new Search(_table, Asked: -1);
            ValueTask<StubAnswer?> matching = MatchAsync(search, request);
            answer = matching.IsCompleted ? await matching.ConfigureAwait(false)
                : await matching.AsTask().WaitAsync(exchange.Ended).ConfigureAwait(false);
            if (answer is null && _options.Upstream is { } upstream)
            {
                await ForwardAsync(exchange, upstream).ConfigureAwait(false);
                return;
            }

            if (answer is null)
            {
                AnswerUnmatched(exchange, request, search.Table);
                return;
            }
        }

        await SendAsync(exchange, answer, request).ConfigureAwait(false);
    }

    private async ValueTask<StubAnswer?> MatchAsync(Search search, HttpRequestRecord request)
    {
        bool isSlow = true;
        int place = search.Asked;
        while (search.Table.Find(request.RawMethod, request.RawPath, request, ref place, ref isSlow) is { } route)
        {
            bool isRight = route.Criteria.When is not { } when
                || (_options.Scripts is { } scripts && await scripts.TestAsync(when, request).ConfigureAwait(false));
            if (isRight && route.TryUse() is { } answer)
            {
                Take(request, route);
                return answer;
            }
        }

        return null;
    }

    /// <summary>Answers requests that no route may see: without the password, and those that browsers send before others.</summary>
    private bool TryRefuse(HttpExchange exchange)
    {
        bool isPreflight = _options.Cors && exchange.Request.Method == HttpMethod.Options
            && exchange.Request.Has(HttpHeader.AccessControlRequestMethod);
        if (isPreflight)
        {
            exchange.Answer(204, FieldLines.Format(CrossOrigin.Permissions(exchange, Methods)));
            return true;
        }

        bool isProxy = exchange.Request.Method == HttpMethod.Connect;
        if (_authentication?.Admits(exchange, isProxy ? HttpHeader.ProxyAuthorization : HttpHeader.Authorization) == false)
        {
            exchange.Answer(((IHttpHandler)this).Refuse(exchange, isProxy ? 407 : 401, "This server wants a user name and a password.",
                isProxy ? _authentication.ProxyChallenge : _authentication.Challenge));
            return true;
        }

        return false;
    }

    private static HttpRoute? Find(HttpExchange exchange, RouteTable table, HttpRequestRecord? request, ref int place, ref bool isSlow)
    {
        ReadOnlySpan<byte> head = exchange.Head;
        return table.Find(exchange.Request.MethodText(head), HttpTarget.PathOf(exchange.Request.Target(head)), request, ref place,
            ref isSlow);
    }

    private static void Take(HttpRequestRecord request, HttpRoute route)
    {
        request.Route = route.Name;
        request.ForgetParsed();
        if (route.Criteria.Path is { HasNames: true } path)
        {
            request.PathValues = path.Read(request.RawPath);
        }
    }

    /// <summary>Records what is known of a request before it is answered: whoever has the answer must find it.</summary>
    /// <returns>The record; null if nobody needs one.</returns>
    private HttpRequestRecord? Note(HttpExchange exchange, bool needsRecord)
    {
        HttpRequestRecord? kept = exchange.Record;
        HttpRequestRecord? record = needsRecord ? exchange.EnsureRecord() : kept;
        if (record is null)
        {
            return null;
        }

        record.BodyBytes = exchange.Request.HasBody ? exchange.Body : null;
        record.SetTrailers(exchange.Trailers);
        if (kept is not null)
        {
            Journal?.Add(kept);
        }

        return record;
    }

    private void AnswerUnmatched(HttpExchange exchange, HttpRequestRecord request, RouteTable table)
    {
        Unmatched unmatched = new(request, table, _options.Secrets);
        request.ForgetParsed();
        bool isJson = Accept.PrefersJson(exchange.Get(HttpHeader.Accept));
        byte[] explanation = isJson ? unmatched.Json : Encoding.UTF8.GetBytes(unmatched.Text);
        exchange.Answer(404, FieldLines.Format([isJson ? s_json : s_text]), Content.Of(explanation));
        _options.OnUnmatched?.Invoke(request, unmatched.Summary);
    }

    /// <summary>The search for a route, as far as it came at once.</summary>
    /// <param name="Table">The routes.</param>
    /// <param name="Asked">
    /// The place of the last one that was asked, -1 for none. It is not asked again: chance has decided against it, or it was used up.
    /// </param>
    private sealed record Search(RouteTable Table, int Asked);
}
