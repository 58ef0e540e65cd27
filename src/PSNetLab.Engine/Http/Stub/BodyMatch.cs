using System.Text;
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
    /// <param name="request">The request.</param>
    /// <param name="secrets">Takes secrets out of what is shown; null to show them.</param>
    internal string? Difference(HttpRequestRecord request, ISecrets? secrets = null)
    {
        if (_comparison is not null)
        {
            return _comparison.Difference(request, secrets);
        }

        if (_json.ValueKind != JsonValueKind.Undefined)
        {
            return request.ParsedBody is not { } document ? "the body is not valid JSON"
                : JsonSubset.FirstDifference(_json, document.RootElement, secrets);
        }

        string text = request.Text ?? string.Empty;
        return (_regex is not null ? Patterns.IsMatch(_regex, text) : text == _text) ? null
            : _regex is not null ? $"no match in {Show()}"
            : $"{Show()}, which differs from character {FirstDifference(text)} on";

        string Show() => Shown.Body(
            request.BodyBytes ?? [], request.GetHeader("Content-Type") ?? string.Empty, secrets, request.Read);
    }

    /// <summary>What is expected.</summary>
    /// <param name="secrets"><inheritdoc cref="Difference"/></param>
    internal string Expected(ISecrets? secrets = null) => _comparison is not null ? _comparison.Expected(secrets)
        : _text is not null ? Shown.Body(Encoding.UTF8.GetBytes(_text), string.Empty, secrets, Encoding.UTF8.GetString)
        : _regex is not null ? $"a match of /{_regex}/"
        : $"JSON with {Shown.Short(JsonSubset.Safe(_json, secrets).GetRawText())}";

    private static JsonElement Parse(ReadOnlyMemory<byte> json) => JsonObjects.TryParse(json, JsonObjects.MostDepth)!.RootElement;

    private int FirstDifference(string text) => text.AsSpan().CommonPrefixLength(_text) + 1;
}

/// <summary>Compares bodies in a way of its own.</summary>
internal interface IBodyComparison
{
    /// <summary>Whether nothing is wrong with the body: asked for each route, so it should be quick.</summary>
    bool Fits(HttpRequestRecord request);

    /// <inheritdoc cref="BodyMatch.Difference"/>
    string? Difference(HttpRequestRecord request, ISecrets? secrets);

    /// <inheritdoc cref="BodyMatch.Expected"/>
    string Expected(ISecrets? secrets);
}
