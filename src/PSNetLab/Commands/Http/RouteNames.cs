namespace PSNetLab.Commands;

/// <summary>Finds routes by name.</summary>
internal static class RouteNames
{
    /// <summary>Whether a route has this name, as it is or as a pattern with wildcards.</summary>
    internal static Func<HttpRoute, bool> Filter(string name)
    {
        Func<string, bool> fits = NamePattern.Filter(name);
        return route => fits(route.Name);
    }

    internal static NetLabException NotFound(string name, IEnumerable<HttpRoute> routes)
    {
        string names = string.Join(", ", routes.Select(route => $"'{route.Name}'").Distinct().Take(10).DefaultIfEmpty("none"));
        return new NetLabException(FaultKind.RouteNotFound, $"The server has no route '{name}'. Its routes: {names}.") { Subject = name };
    }
}
