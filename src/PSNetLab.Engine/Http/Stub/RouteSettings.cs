namespace PSNetLab.Engine.Http.Stub;

/// <summary>What a route is besides its criteria and answers.</summary>
internal sealed record RouteSettings
{
    internal string? Name { get; init; }

    internal int Priority { get; init; }

    internal int? Times { get; init; }

    internal double Probability { get; init; } = 1;

    internal RouteEnd AtEnd { get; init; }
}
