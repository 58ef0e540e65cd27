namespace PSNetLab;

/// <summary>What a route does when all answers of its sequence were given.</summary>
public enum RouteEnd
{
    /// <summary>It gives the last one again.</summary>
    Last,

    /// <summary>It starts again with the first one.</summary>
    Repeat,

    /// <summary>It answers no more, as if it were not there.</summary>
    Unmatched,
}
