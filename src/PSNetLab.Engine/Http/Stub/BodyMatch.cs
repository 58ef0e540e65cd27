using System.Text.Json;
using System.Text.RegularExpressions;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Stub;

/// <summary>What a route expects of the body: a text, a match of a regular expression, or JSON that has certain members.</summary>
internal sealed class BodyMatch
{
    private readonly string? _text;
    private readonly Regex? _regex;
    private readonly JsonElement _json;
    private readonly IBodyComparison? _comparison;

    private BodyMatch(IBodyComparison comparison) => _comparison = comparison;

    private BodyMatch(string? text, Regex? regex, JsonElement json)
    {
        _text = text;
        _regex = regex;
        _json = json;
    }

    /// <inheritdoc cref="ValueCriterion.IsSlow"/>
    internal bool IsSlow => _regex is not null || _comparison is not null;

    internal static BodyMatch Exactly(string text) => new(text, null, default);

    internal static BodyMatch Like(Regex regex) => new(null, Patterns.WithLimit(regex), default);

    internal static BodyMatch By(IBodyComparison comparison) => new(comparison);

    /// <param name="json">Valid JSON.</param>
    internal static BodyMatch With(ReadOnlyMemory<byte> json) => new(null, null, Parse(json));

    internal bool Fits(HttpRequestRecord request)
        => _comparison is not null ? _comparison.Fits(request) : Difference(request) is null;

    /// <summary>What is wrong with the body; null if nothing is.</summary>
    internal string? Difference(HttpRequestRecord request)
    {
        if (_comparison is not null)
        {
            return _comparison.Difference(request);
        }

        if (_json.ValueKind != JsonValueKind.Undefined)
        {
            return request.ParsedBody is { } document
                ? JsonSubset.FirstDifference(_json, document.RootElement)
                : "the body is not valid JSON";
        }

        string text = request.Text ?? string.Empty;
        return _regex is not null
            ? Patterns.IsMatch(_regex, text) ? null : $"no match in {Shown.Quoted(text)}"
            : text == _text ? null : $"{Shown.Quoted(text)}, which differs from character {FirstDifference(text)} on";
    }

    public override string ToString() => _comparison is not null ? _comparison.ToString()! : _text is not null ? Shown.Quoted(_text)
        : _regex is not null ? $"a match of /{_regex}/"
        : $"JSON with {Shown.Short(_json.GetRawText())}";

    private static JsonElement Parse(ReadOnlyMemory<byte> json) => JsonObjects.TryParse(json, JsonObjects.MostDepth)!.RootElement;

    private int FirstDifference(string text) => text.AsSpan().CommonPrefixLength(_text) + 1;
}

/// <summary>Compares bodies in a way of its own; its text says what is expected.</summary>
internal interface IBodyComparison
{
    /// <summary>Whether nothing is wrong with the body: asked for each route, so it should be quick.</summary>
    bool Fits(HttpRequestRecord request);

    /// <inheritdoc cref="BodyMatch.Difference"/>
    string? Difference(HttpRequestRecord request);
}
