namespace PSNetLab.Engine.Http.Stub;

/// <summary>
/// The routes of a server, in the order in which they are asked. It never changes: another table takes its place. Paths are found
/// segment by segment, so that thousands of routes cost no more than a few.
/// </summary>
internal sealed class RouteTable
{
    internal static readonly RouteTable Empty = new([]);

    private readonly Node _root = new();

    /// <param name="routes">The routes, the oldest first.</param>
    internal RouteTable(IReadOnlyList<HttpRoute> routes)
    {
        Routes = routes;

        // Of objects: sorting values would be compiled for them when the first server starts.
        List<Entry> entries = new(routes.Count);
        foreach (HttpRoute route in routes)
        {
            entries.Add(new Entry(route, entries.Count));
        }

        entries.Sort(Compare);
        HttpRoute[] ordered = new HttpRoute[entries.Count];
        for (int i = 0; i < ordered.Length; i++)
        {
            Entry entry = entries[i];
            entry.Place = i;
            ordered[i] = entry.Route;
            Node node = _root;
            bool isTail = entry.Criteria.Path is null;
            foreach (PathSegment segment in entry.Criteria.Path is { } path ? path.Segments : default)
            {
                isTail = segment.IsTail;
                node = isTail ? node : node.Enter(segment);
            }

            (isTail ? node.Tails : node.Ends).Add(entry);
        }

        InOrder = ordered;
        NeedsRecord = ordered.Any(route => !route.Criteria.IsPlain);
    }

    /// <summary>The routes, the oldest first.</summary>
    internal IReadOnlyList<HttpRoute> Routes { get; }

    /// <summary>The routes in the order in which they are asked.</summary>
    internal IReadOnlyList<HttpRoute> InOrder { get; }

    /// <summary>Whether some route looks at more than method and path.</summary>
    internal bool NeedsRecord { get; }

    /// <summary>The next route in the order whose criteria the request meets; null if there is none.</summary>
    /// <param name="method">The method of the request.</param>
    /// <param name="path">Its path as received.</param>
    /// <param name="request">The record; it may be missing unless <see cref="NeedsRecord"/>.</param>
    /// <param name="place">The place of the last route that was found, -1 to begin; then that of this one.</param>
    /// <param name="isSlow">Whether to look at slow criteria as well. If not, it says whether there were any.</param>
    internal HttpRoute? Find(ReadOnlySpan<byte> method, ReadOnlySpan<byte> path, HttpRequestRecord? request, ref int place,
        ref bool isSlow)
    {
        Search search = new(method, request, place, isSlow);
        search.Visit(_root, path, isOver: !path.StartsWith("/"u8), isRoot: true);
        isSlow |= search.HasSlow;
        place = search.Place;
        return search.Best;
    }

    /// <summary>Whether a route is for this method and path, whatever else it asks for.</summary>
    internal bool HasFor(ReadOnlySpan<byte> method, ReadOnlySpan<byte> path)
    {
        Search search = new(method, null, -1, mayBeSlow: true, onlyTarget: true);
        search.Visit(_root, path, isOver: !path.StartsWith("/"u8), isRoot: true);
        return search.Best is not null;
    }

    /// <summary>
    /// The order: priority; the path, segment by segment from literal to everything; more criteria; HEAD by name; the newest.
    /// </summary>
    private static int Compare(Entry one, Entry other)
    {
        RequestCriteria a = one.Criteria;
        RequestCriteria b = other.Criteria;
        int order = other.Route.Settings.Priority.CompareTo(one.Route.Settings.Priority);
        order = order != 0 ? order : ComparePaths(a.Path, b.Path);
        order = order != 0 ? order : b.Count.CompareTo(a.Count);
        order = order != 0 ? order : b.Methods.Contains("HEAD").CompareTo(a.Methods.Contains("HEAD"));
        return order != 0 ? order : other.Age.CompareTo(one.Age);
    }

    private static int ComparePaths(PathPattern? one, PathPattern? other)
    {
        if (one is null || other is null)
        {
            return (one is null).CompareTo(other is null);
        }

        ReadOnlySpan<PathSegment> a = one.Segments;
        ReadOnlySpan<PathSegment> b = other.Segments;
        for (int i = 0; i < Math.Min(a.Length, b.Length); i++)
        {
            int order = a[i].Width.CompareTo(b[i].Width);
            order = order != 0 || a[i].Width != 1 ? order
                : b[i].FixedLength.CompareTo(a[i].FixedLength);
            if (order != 0)
            {
                return order;
            }
        }

        // Where one ends, the other goes on with a tail, or no path fits both.
        return a.Length.CompareTo(b.Length);
    }

    /// <summary>A route in the table, with what is asked of it for every request.</summary>
    private sealed class Entry(HttpRoute route, int age)
    {
        internal readonly HttpRoute Route = route;
        internal readonly int Age = age;
        internal int Place;
        internal readonly RequestCriteria Criteria = route.Criteria;
        internal readonly bool IsPlain = route.Criteria.IsPlain;
        internal readonly bool IsSlow = route.Criteria.IsSlow;
    }

    private sealed class Node
    {
        /// <summary>The routes whose path ends here.</summary>
        internal readonly List<Entry> Ends = [];

        /// <summary>The routes that take whatever follows.</summary>
        internal readonly List<Entry> Tails = [];

        internal readonly SegmentMap<Node> Literals = new();
        internal readonly List<(PathSegment Segment, Node Node)> Patterns = [];

        internal Node Enter(PathSegment segment)
        {
            if (segment.IsLiteral)
            {
                if (!Literals.TryFind(segment.Literal, out Node? child))
                {
                    Literals.Add(segment.Literal.ToArray(), child = new Node());
                }

                return child;
            }

            int index = Patterns.FindIndex(known => known.Segment.Shape == segment.Shape);
            if (index < 0)
            {
                index = Patterns.Count;
                Patterns.Add((segment, new Node()));
            }

            return Patterns[index].Node;
        }
    }

    private ref struct Search(ReadOnlySpan<byte> method, HttpRequestRecord? request, int after, bool mayBeSlow, bool onlyTarget = false)
    {
        private readonly ReadOnlySpan<byte> _method = method;

        internal HttpRoute? Best { get; private set; }

        internal int Place { get; private set; } = int.MaxValue;

        internal bool HasSlow { get; private set; }

        /// <summary>Looks at the routes that fit the rest of the path.</summary>
        /// <remarks>
        /// Only where a segment fits several of them this goes deeper: paths that clients chose come from recordings, as they are, and have
        /// more segments than a stack has room for.
        /// </remarks>
        internal void Visit(Node node, ReadOnlySpan<byte> rest, bool isOver, bool isRoot = false)
        {
            Consider(node.Tails, isRoot && isOver);
            while (!isOver)
            {
                ReadOnlySpan<byte> segment = PathPattern.Decode(PathPattern.TakeSegment(ref rest, out isOver));
                node.Literals.TryFind(segment, out Node? last);
                foreach ((PathSegment pattern, Node next) in node.Patterns)
                {
                    if (pattern.Fits(segment))
                    {
                        if (last is not null)
                        {
                            Visit(last, rest, isOver);
                        }

                        last = next;
                    }
                }

                if (last is null)
                {
                    return;
                }

                node = last;
                Consider(node.Tails, onlyAnyPath: false);
            }

            // At the root, these are for the target *, which has no path (RFC 9112, section 3.2.4).
            Consider(node.Ends, onlyAnyPath: false);
        }

        /// <param name="routes">Routes in their order.</param>
        /// <param name="onlyAnyPath">Whether the target is no path, so that only routes for anything fit.</param>
        private void Consider(List<Entry> routes, bool onlyAnyPath)
        {
            foreach (Entry entry in routes)
            {
                if (entry.Place > Place)
                {
                    return;
                }

                if (entry.Place <= after || !entry.Criteria.FitsMethod(_method) || (onlyAnyPath && entry.Criteria.Path is not null))
                {
                    continue;
                }

                if (entry.IsSlow && !mayBeSlow)
                {
                    HasSlow = true;
                }
                else if (onlyTarget || entry.IsPlain || entry.Criteria.FitsRest(request!))
                {
                    (Best, Place) = (entry.Route, entry.Place);
                    return;
                }
            }
        }
    }
}
