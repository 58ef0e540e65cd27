using System.Text.RegularExpressions;

namespace PSNetLab.Engine.Primitives;

/// <summary>Regular expressions of users, on text of peers: one that backtracks forever must not keep a connection forever.</summary>
internal static class Patterns
{
    /// <summary>How long a match may take.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    /// <summary>The same expression with a limit of time, unless it has one.</summary>
    internal static Regex WithLimit(Regex pattern)
        => pattern.MatchTimeout == Regex.InfiniteMatchTimeout ? new Regex(pattern.ToString(), pattern.Options, Longest) : pattern;

    /// <summary>Whether the text matches; not if that takes too long.</summary>
    internal static bool IsMatch(Regex pattern, string text)
    {
        try
        {
            return pattern.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }
}
