using System.Text.RegularExpressions;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Stub;

/// <summary>
/// What a route expects of a value, such as that of a header field: a text, a regular expression, or that it is there or not.
/// </summary>
internal sealed class ValueCriterion
{
    internal static readonly ValueCriterion Present = new(null, null, mustBeThere: true);

    internal static readonly ValueCriterion Absent = new(null, null, mustBeThere: false);

    private readonly string? _text;
    private readonly Regex? _regex;
    private readonly bool _mustBeThere;

    private ValueCriterion(string? text, Regex? regex, bool mustBeThere)
    {
        _text = text;
        _regex = regex;
        _mustBeThere = mustBeThere;
    }

    /// <summary>Whether it may take long, so that it must not run on the thread of an event loop.</summary>
    internal bool IsSlow => _regex is not null;

    internal static ValueCriterion Exactly(string text) => new(text, null, mustBeThere: true);

    internal static ValueCriterion Like(Regex regex) => new(null, Patterns.WithLimit(regex), mustBeThere: true);

    /// <summary>Whether any of the values is the right one; for one that must not be there, whether there is none.</summary>
    /// <param name="values">The values of the name; empty if it is missing.</param>
    internal bool Fits(IReadOnlyList<string> values)
        => _mustBeThere ? values.Any(FitsOne) : values.Count == 0;

    public override string ToString() => _text is not null ? $"'{_text}'"
        : _regex is not null ? $"a match of /{_regex}/"
        : _mustBeThere ? "any value"
        : "none";

    private bool FitsOne(string value) => _text is not null ? value == _text : _regex is null || Patterns.IsMatch(_regex, value);
}
