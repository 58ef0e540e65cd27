using System.Globalization;

namespace PSNetLab.Engine.Primitives;

/// <summary>How long to wait, in milliseconds: always the same time, or one that is chosen at random each time.</summary>
internal readonly record struct DelayRange(int Least, int Most)
{
    /// <summary>Whether there is nothing to wait for.</summary>
    internal bool IsZero => Most == 0;

    /// <summary>Reads a number, such as 200, or a range, such as 100-300.</summary>
    /// <returns>Null if the text is neither.</returns>
    internal static DelayRange? TryParse(string text)
    {
        string[] ends = text.Split('-');
        return ends.Length <= 2 && TryParse(ends[0], out int least) && TryParse(ends[^1], out int most) && least <= most
            ? new DelayRange(least, most)
            : null;
    }

    /// <summary>The time to wait now.</summary>
    internal TimeSpan Next() => TimeSpan.FromMilliseconds(Random.Shared.NextInt64(Least, Most + 1L));

    private static bool TryParse(string text, out int milliseconds)
        => int.TryParse(
            text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out milliseconds);
}
