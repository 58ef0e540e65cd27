namespace PSNetLab.Engine.Http.Files;

/// <summary>Enumerates the names between the slashes of a path. Empty ones are skipped.</summary>
internal ref struct PathSegments(ReadOnlySpan<char> path)
{
    private readonly ReadOnlySpan<char> _path = path;
    private int _next;

    /// <summary>The path without empty names, so that each file has one path.</summary>
    internal static string WithoutEmpty(string path)
    {
        while (path.Contains("//", StringComparison.Ordinal))
        {
            path = path.Replace("//", "/", StringComparison.Ordinal);
        }

        return path;
    }

    public Range Current { get; private set; }

    public readonly PathSegments GetEnumerator() => this;

    public bool MoveNext()
    {
        while (_next < _path.Length && _path[_next] == '/')
        {
            _next++;
        }

        int start = _next;
        while (_next < _path.Length && _path[_next] != '/')
        {
            _next++;
        }

        Current = start.._next;
        return _next > start;
    }
}
