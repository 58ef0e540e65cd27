using System.Globalization;
using PSNetLab.Engine.Http.Stub;
using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>A route of a web server: which requests it answers, and how.</summary>
public sealed class HttpRoute
{
    private readonly StubAnswer[] _steps;
    private readonly double _probability;
    private readonly RouteEnd _atEnd;
    private long _hits;

    internal HttpRoute(RequestCriteria criteria, IReadOnlyList<StubAnswer> steps, RouteSettings settings)
    {
        Criteria = criteria;
        Settings = settings;
        _steps = [.. steps.Select(step => step.Prepared())];
        _probability = settings.Probability;
        _atEnd = settings.AtEnd;
        Name = settings.Name ?? criteria.Target;
    }

    /// <summary>The name. Default: method and path.</summary>
    public string Name { get; }

    /// <summary>The methods that the route answers, or * for all.</summary>
    public string Method => Criteria.Methods.Count == 0 ? "*" : string.Join(',', Criteria.Methods);

    /// <summary>The path that the route answers, or * for all.</summary>
    public string Path => Criteria.Path?.Text ?? "*";

    /// <summary>How many more criteria a request has to meet: query, header, body and -When.</summary>
    public int CriteriaCount => Criteria.Count - (Criteria.Methods.Count > 0 ? 1 : 0);

    /// <summary>The answers, in the order in which they are given.</summary>
    public string Answer => string.Join(", ", _steps.Select(step => step.ToString()));

    /// <summary>What answers when the sequence is over.</summary>
    public RouteEnd AtEnd => _atEnd;

    /// <summary>Routes with a higher priority are asked first.</summary>
    public object Priority => FileValue.With(Settings.Priority);

    /// <summary>How many requests the route answers before it is over; null for no limit.</summary>
    public int? Times => Settings.Times;

    /// <summary>How many requests the route has answered on its server.</summary>
    public long Hits => Interlocked.Read(ref _hits);

    internal RequestCriteria Criteria { get; }

    internal RouteSettings Settings { get; }

    internal IReadOnlyList<StubAnswer> Steps => _steps;

    /// <summary>Whether it needs scripts to be run.</summary>
    internal bool HasScript => Criteria.When is not null
        || Array.Exists(_steps, step => step.Script is not null || step.Service?.HasScript == true);

    /// <summary>Name and answer.</summary>
    public override string ToString() => $"{Name} -> {Answer}";

    /// <summary>A route of its own for a server, with a count of its own.</summary>
    internal HttpRoute Copy() => new(Criteria, _steps, Settings);

    /// <summary>
    /// Moves on to the next answer, as one step: however many clients ask at once, each answer of a sequence is given once. Null if the
    /// route is over, or chance decides against it.
    /// </summary>
    internal StubAnswer? TryUse()
    {
        if (_probability < 1 && Random.Shared.NextDouble() >= _probability)
        {
            return null;
        }

        long most = Math.Min(Settings.Times ?? long.MaxValue, _atEnd == RouteEnd.Unmatched ? _steps.Length : long.MaxValue);
        long before;
        do
        {
            before = Interlocked.Read(ref _hits);
            if (before >= most)
            {
                return null;
            }
        }
        while (Interlocked.CompareExchange(ref _hits, before + 1, before) != before);

        return _steps[_atEnd == RouteEnd.Repeat ? (int)(before % _steps.Length) : (int)Math.Min(before, _steps.Length - 1)];
    }

    /// <summary>Why the route does not answer although its criteria are met; null if it may.</summary>
    internal Verdict? Exhaustion
        => Times is { } times && Hits >= times ? UsedUp("Times", times)
            : _atEnd == RouteEnd.Unmatched && Hits >= _steps.Length ? UsedUp("Sequence", _steps.Length)
            : _probability < 1
                ? new Verdict("Probability", _probability.ToString(CultureInfo.InvariantCulture), "not this time", Fits: false)
            : null;

    private static Verdict UsedUp(string limit, long answers)
        => new(limit, $"at most {answers} answers", $"{answers} before this request", Fits: false);
}
