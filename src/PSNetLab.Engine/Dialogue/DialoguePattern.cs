using System.Text.RegularExpressions;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Dialogue;

/// <summary>What a step of a dialogue expects: a message that matches.</summary>
internal abstract class DialoguePattern
{
    private protected DialoguePattern(string words) => Words = words;

    /// <summary>The pattern as errors name it.</summary>
    internal string Words { get; }

    /// <summary>The order in which the patterns of one step are tried when the step does not say: what says most comes first.</summary>
    internal virtual int Rank => 0;

    /// <summary>Whether a message matches.</summary>
    /// <param name="data">The message.</param>
    /// <param name="text">The same as text.</param>
    /// <param name="match">What a regular expression found, if it was one.</param>
    internal abstract bool IsMatch(ReadOnlySpan<byte> data, ReadOnlySpan<char> text, out Match? match);

    /// <summary>A pattern from text: a wildcard or, between slashes, a regular expression.</summary>
    /// <exception cref="NetLabException">The regular expression is not one.</exception>
    internal static DialoguePattern Parse(string text)
        => IsExpression(text) ? Of(text[1..^1], RegexOptions.IgnoreCase) : new Like(text);

    /// <summary>Whether a text between slashes is meant as a regular expression.</summary>
    internal static bool IsExpression(string text) => text.Length > 2 && text.StartsWith('/') && text.EndsWith('/');

    /// <summary>The pattern of a regular expression that somebody made.</summary>
    internal static DialoguePattern Of(Regex regex) => Of(regex.ToString(), regex.Options);

    /// <summary>A message with just these bytes.</summary>
    internal static DialoguePattern Of(byte[] bytes) => new Same(bytes);

    private static RegexPattern Of(string expression, RegexOptions options)
    {
        options &= ~(RegexOptions.Compiled | RegexOptions.NonBacktracking);
        try
        {
            return new RegexPattern(expression, new Regex(expression, options | RegexOptions.NonBacktracking));
        }
        catch (NotSupportedException)
        {
            // It looks ahead or behind, or back at a group, which takes the engine that can take forever.
            return new RegexPattern(expression, new Regex(expression, options, RegexPattern.Patience));
        }
        catch (ArgumentException error)
        {
            throw new NetLabException(FaultKind.InvalidDialogue, $"'/{expression}/' is not a regular expression: {error.Message}", error);
        }
    }

    private sealed class Like(string pattern) : DialoguePattern($"'{pattern}'")
    {
        private readonly Wildcard _wildcard = new(pattern);

        internal override int Rank => _wildcard.IsOneText ? 0 : int.MaxValue - _wildcard.LeastCharacters;

        internal override bool IsMatch(ReadOnlySpan<byte> data, ReadOnlySpan<char> text, out Match? match)
        {
            match = null;

            // A transcript has lines that were said as they are, with characters that have a meaning in patterns.
            return _wildcard.IsMatch(text) || text.Equals(pattern, StringComparison.OrdinalIgnoreCase);
        }
    }

    private sealed class RegexPattern(string expression, Regex regex) : DialoguePattern($"'/{expression}/'")
    {
        // It runs on the thread of an event loop.
        internal static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(20);

        internal override int Rank => int.MaxValue / 2;

        internal override bool IsMatch(ReadOnlySpan<byte> data, ReadOnlySpan<char> text, out Match? match)
        {
            // Once more: the machine may have stood still meanwhile, which says nothing of the message.
            return TryMatch(text, out match) ?? TryMatch(text, out match) ?? false;
        }

        /// <returns>Null if it takes too long.</returns>
        private bool? TryMatch(ReadOnlySpan<char> text, out Match? match)
        {
            match = null;
            try
            {
                if (!regex.IsMatch(text))
                {
                    return false;
                }

                match = regex.Match(text.ToString());
                return match.Success;
            }
            catch (RegexMatchTimeoutException)
            {
                return null;
            }
        }
    }

    private sealed class Same(byte[] bytes) : DialoguePattern($"the bytes {Convert.ToHexString(bytes)}")
    {
        internal override bool IsMatch(ReadOnlySpan<byte> data, ReadOnlySpan<char> text, out Match? match)
        {
            match = null;
            return data.SequenceEqual(bytes);
        }
    }
}
