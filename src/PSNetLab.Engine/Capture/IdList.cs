using System.Globalization;

namespace PSNetLab.Engine.Capture;

/// <summary>The numbers of connections in a sentence, of which there may be any number.</summary>
internal static class IdList
{
    /// <summary>How many are named.</summary>
    internal const int Most = 10;

    /// <summary>Such as "1, 2, 5".</summary>
    internal static string Of(IReadOnlyCollection<int> ids)
        => string.Join(", ", ids.Take(Most).Select(id => id.ToString(CultureInfo.InvariantCulture)))
            + (ids.Count > Most ? " and more" : string.Empty);
}
