using System.Globalization;
using System.Text;

namespace PSNetLab.Engine.Http.Stub;

/// <summary>How requests compare with what was expected.</summary>
internal enum ExpectationState
{
    Met,

    /// <summary>More requests may still change that.</summary>
    TooFew,

    TooMany,
}

/// <summary>What requests a server should have received.</summary>
/// <param name="criteria">The kinds of requests.</param>
/// <param name="count">How many there should be of each.</param>
/// <param name="inOrder">Whether instead they should have come in the order of the criteria.</param>
/// <param name="secrets">Takes secrets out of what is shown of the requests; null to show all but logins.</param>
internal sealed class RequestExpectation(
    IReadOnlyList<RequestCriteria> criteria, (int Least, int Most) count, bool inOrder, ISecrets? secrets = null)
{
    private const int MostShown = 10;

    /// <summary>Compares requests with it.</summary>
    /// <param name="requests">The requests, the oldest first.</param>
    /// <param name="found">The requests that were meant.</param>
    internal ExpectationState Compare(HttpRequestRecord[] requests, out HttpRequestRecord[] found)
    {
        if (inOrder)
        {
            found = InOrder(requests);
            return found.Length == criteria.Count ? ExpectationState.Met : ExpectationState.TooFew;
        }

        found = [.. requests.Where(request => criteria.Any(one => one.Fits(request)))];
        ExpectationState state = ExpectationState.Met;
        foreach (RequestCriteria one in criteria)
        {
            int there = Count(one, requests);
            if (there > count.Most)
            {
                return ExpectationState.TooMany;
            }

            state = there < count.Least ? ExpectationState.TooFew : state;
        }

        return state;
    }

    /// <summary>The error for requests that are not as expected.</summary>
    /// <param name="requests">The requests, the oldest first.</param>
    /// <param name="forgotten">How many more there were before.</param>
    /// <param name="seconds">How long they were waited for.</param>
    internal NetLabException Fault(HttpRequestRecord[] requests, long forgotten, double seconds)
    {
        StringBuilder text = new();
        if (inOrder)
        {
            int there = InOrder(requests).Length;
            string order = string.Join(", then ", criteria.Select(one => one.Target));
            string missing = there == 0
                ? "the first of them was not received"
                : $"after '{criteria[there - 1].Target}' there was no '{criteria[there].Target}'";
            text.Append(CultureInfo.InvariantCulture, $"Expected {order}{Within(seconds)}, but {missing}.");
            AppendNearest(text, criteria[there], requests);
        }
        else
        {
            RequestCriteria wrong = criteria.First(one => Count(one, requests) < count.Least || Count(one, requests) > count.Most);
            text.Append(CultureInfo.InvariantCulture, $"Expected {Expected} {wrong.Target}{Within(seconds)}, but "
                + $"{Received(Count(wrong, requests))}.");
            if (Count(wrong, requests) < count.Least)
            {
                AppendNearest(text, wrong, requests);
            }
            else
            {
                AppendAll(text.Append(" They are:"), requests.Where(wrong.Fits));
            }
        }

        if (forgotten > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{forgotten} earlier requests are no longer known: raise -BufferLimit of "
                + $"the server.");
        }

        return new NetLabException(FaultKind.RequestNotReceived, text.ToString());
    }

    private string Expected => count.Most == 0 ? "no request"
        : count.Least == count.Most ? $"exactly {Requests(count.Least)}"
        : $"at least {Requests(count.Least)}";

    private static string Requests(int number) => number == 1 ? "1 request" : $"{number} requests";

    private static string Received(int number)
        => number == 0 ? "none was received" : number == 1 ? "1 was received" : $"{number} were received";

    private static string Within(double seconds)
        => seconds > 0 ? string.Create(CultureInfo.InvariantCulture, $" within {seconds} s") : string.Empty;

    private static int Count(RequestCriteria one, HttpRequestRecord[] requests) => requests.Count(one.Fits);

    private HttpRequestRecord[] InOrder(HttpRequestRecord[] requests)
    {
        List<HttpRequestRecord> found = [];
        foreach (HttpRequestRecord request in requests)
        {
            if (found.Count < criteria.Count && criteria[found.Count].Fits(request))
            {
                found.Add(request);
            }
        }

        return [.. found];
    }

    private void AppendNearest(StringBuilder text, RequestCriteria one, HttpRequestRecord[] requests)
    {
        HttpRequestRecord[] others = [.. requests.Where(request => !one.Fits(request))];
        HttpRequestRecord[] near = NearMisses.Find(others, request => (one, request));
        text.Append(near.Length > 0 ? " The nearest requests:"
            : requests.Length == 0 ? " The server has received no request at all."
            : string.Empty);
        foreach (HttpRequestRecord request in near)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{Line(request)}\n");
            Unmatched.Append(text, one.Judge(request, secrets));
            text.Length--; // the last line break
        }
    }

    private void AppendAll(StringBuilder text, IEnumerable<HttpRequestRecord> requests)
    {
        HttpRequestRecord[] all = [.. requests];
        foreach (HttpRequestRecord request in all.Take(MostShown))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{Line(request)}");
        }

        if (all.Length > MostShown)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nand {all.Length - MostShown} more");
        }
    }

    private string Line(HttpRequestRecord request)
    {
        string target = secrets?.RedactTarget(request.Target) ?? request.Target;
        string route = request.Route is { } name ? $"'{name}'"
            : request.Status is 401 or 407 ? $"refused with {request.Status}"
            : "no route";
        return string.Create(
            CultureInfo.InvariantCulture, $"{request.Moment:HH:mm:ss.fff} {request.Method} {Shown.Short(target)} -> {route}");
    }
}
