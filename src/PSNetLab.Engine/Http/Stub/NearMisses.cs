namespace PSNetLab.Engine.Http.Stub;

/// <summary>Finds what comes nearest, to explain why something was not found.</summary>
internal static class NearMisses
{
    /// <summary>How many are shown.</summary>
    internal const int Most = 3;

    // Comparing texts exactly costs too much for thousands of routes, so it is done for the most promising.
    private const int MostCompared = 40;
    private const int MostCharacters = 128;
    private const double PathWeight = 10;
    private const double MethodWeight = 3;

    /// <summary>The candidates with the least distance, the nearest first.</summary>
    /// <param name="candidates">Criteria and requests that do not fit each other.</param>
    /// <param name="of">The criteria and the request of a candidate.</param>
    internal static T[] Find<T>(IEnumerable<T> candidates, Func<T, (RequestCriteria Criteria, HttpRequestRecord Request)> of)
        =>
        [
            .. candidates
                .Select(candidate => (Candidate: candidate, Pair: of(candidate)))
                .OrderBy(entry => RoughDistance(entry.Pair.Criteria, entry.Pair.Request))
                .Take(MostCompared)
                .OrderBy(entry => Distance(entry.Pair.Criteria, entry.Pair.Request))
                .Take(Most)
                .Select(entry => entry.Candidate),
        ];

    /// <summary>0 if all criteria are met; the more it differs, the more.</summary>
    internal static double Distance(RequestCriteria criteria, HttpRequestRecord request)
    {
        double distance = 0;
        foreach (Verdict verdict in criteria.Judge(request).Where(verdict => !verdict.Fits))
        {
            distance += verdict.Criterion switch
            {
                "Path" => PathWeight * Difference(criteria.Path!.Text, request.Path),
                "Method" => MethodWeight,
                _ => 1,
            };
        }

        return distance;
    }

    private static double RoughDistance(RequestCriteria criteria, HttpRequestRecord request)
    {
        double distance = criteria.FitsMethod(request.RawMethod) ? 0 : MethodWeight;
        if (criteria.Path is { } path && !path.Fits(request.RawPath))
        {
            distance += PathWeight * (1 - ((double)path.CountFitting(request.RawPath) / path.Segments.Length));
            distance += Math.Min(1, Math.Abs(path.Text.Length - request.RawPath.Length) / 20.0);
        }

        return distance;
    }

    /// <summary>
    /// How different two texts are, from 0 to 1: the least number of changed characters (Levenshtein), against the longer one.
    /// </summary>
    private static double Difference(string one, string other)
    {
        ReadOnlySpan<char> a = one.AsSpan(0, Math.Min(one.Length, MostCharacters));
        ReadOnlySpan<char> b = other.AsSpan(0, Math.Min(other.Length, MostCharacters));
        Span<int> row = stackalloc int[MostCharacters + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int changed = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return (double)row[b.Length] / Math.Max(1, Math.Max(a.Length, b.Length));
    }
}
