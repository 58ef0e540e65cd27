using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>Takes secrets out of texts: URIs wherever they stand, queries, parameters of fields, and what looks like JSON.</summary>
internal sealed partial class RedactedText(SecretNames names)
{
    // How many URIs may stand in each other's queries.
    private const int MostNested = 4;

    private static readonly SearchValues<char> s_betweenWords = SearchValues.Create(" \t\r\n\f\"'<>`");

    /// <summary>A query or a form.</summary>
    internal string Pairs(string pairs) => Pairs(pairs, MostNested);

    /// <summary>What a request asks for: a path with its query, or a URI.</summary>
    internal string Target(string target) => Uri(target, MostNested);

    /// <summary>A text with URIs in it.</summary>
    internal string Uris(string text) => Uris(text, MostNested);

    /// <summary>The value of a field, which may have parameters and URIs.</summary>
    internal string Field(string value) => Uris(Parameter().Replace(value, match => names.Has(match.Groups[1].Value)
        ? $"{match.Groups[1].Value}={Redactor.Mark}" : match.Value));

    /// <summary>What looks like JSON, but is not quite; null if a secret in it has no end that can be found.</summary>
    internal string? Members(string text)
    {
        bool isLost = false;
        string redacted = Member().Replace(text, match =>
        {
            string value = match.Groups[3].Value;
            bool isSecret = names.Has(match.Groups[1].Value, value.Trim('"'));
            isLost |= isSecret && value[0] is '{' or '[';
            return isSecret ? $"\"{match.Groups[1].Value}\"{match.Groups[2].Value}\"{Redactor.Mark}\"" : match.Value;
        });
        return isLost ? null : Uris(redacted);
    }

    /// <summary>XML: attributes, and elements without others in them.</summary>
    internal string Markup(string text)
    {
        string elements = Element().Replace(text, match => names.Has(match.Groups[2].Value, match.Groups[4].Value.Trim())
            ? $"{match.Groups[1].Value}{Redactor.Mark}" : match.Value);
        return Uris(Attribute().Replace(elements, match => names.Has(match.Groups[1].Value, match.Groups[3].Value)
            ? $"{match.Groups[1].Value}{match.Groups[2].Value}{Redactor.Mark}\"" : match.Value));
    }

    private string Pairs(string pairs, int nested)
        => pairs.Contains('=', StringComparison.Ordinal) ? Pair().Replace(pairs, match => Redact(match, nested)) : pairs;

    private string Uris(string text, int nested)
    {
        bool mayHaveUri = text.Contains("://", StringComparison.Ordinal) || text.AsSpan().ContainsAny('?', '#');
        if (!mayHaveUri || nested == 0)
        {
            return text;
        }

        StringBuilder redacted = new(text.Length);
        for (int start = 0; start < text.Length; start++)
        {
            int length = text.AsSpan(start).IndexOfAny(s_betweenWords);
            int end = length < 0 ? text.Length : start + length;
            redacted.Append(Uri(text[start..end], nested)).Append(text.AsSpan(end, end < text.Length ? 1 : 0));
            start = end;
        }

        return redacted.ToString();
    }

    /// <summary>A word that may be a URI: it has a scheme, or a query or a fragment.</summary>
    private string Uri(string word, int nested)
    {
        string safe = word.Contains("://", StringComparison.Ordinal) ? UserInfo().Replace(word, $"{Redactor.Mark}@") : word;
        int start = safe.AsSpan().IndexOfAny('?', '#');
        return start < 0 ? safe : safe[..(start + 1)] + Pairs(safe[(start + 1)..], nested);
    }

    private string Redact(Match pair, int nested)
    {
        string name = pair.Groups[1].Value;
        string value = pair.Groups[2].Value;
        if (names.Has(Decode(name)))
        {
            return $"{name}={Redactor.Mark}";
        }

        int end = value.IndexOf(';', StringComparison.Ordinal);
        string rest = end < 0 || nested == 0 ? string.Empty : $";{Pairs(value[(end + 1)..], nested - 1)}";
        value = rest.Length == 0 ? value : value[..end];

        // It may be a URI of its own.
        string decoded = Decode(value);
        string redacted = Uris(decoded, nested - 1);
        value = redacted == decoded ? value : decoded == value ? redacted : System.Uri.EscapeDataString(redacted);
        return $"{name}={value}{rest}";
    }

    private static string Decode(string text) => PercentText.Decode(Encoding.UTF8.GetBytes(text), isForm: true);

    [GeneratedRegex("""(?<=://)[^/?#\s"'<>\\]+@""")]
    private static partial Regex UserInfo();

    [GeneratedRegex("""(?<=^|[?&#;])(?!amp;)([^=&#?;]+)=([^&#]+)""")]
    private static partial Regex Pair();

    [GeneratedRegex("""(?<=^|[\s,;])([A-Za-z][A-Za-z0-9_.-]*)=(?:"[^"]*"|[^\s",;]+)""")]
    private static partial Regex Parameter();

    [GeneratedRegex("""["]((?:[^"\\]|\\.){1,200})["](\s*:\s*)(["](?:[^"\\]|\\.)*["]?|[^\s,}\]"]+)""", RegexOptions.Singleline)]
    private static partial Regex Member();

    [GeneratedRegex("""(<(?:[\w.-]+:)?([\w.-]+)(\s[^<>]*)?>)([^<]+)(?=</)""")]
    private static partial Regex Element();

    [GeneratedRegex("""(?<=\s)([\w.:-]+)(\s*=\s*["])([^"<]*)["]""")]
    private static partial Regex Attribute();
}
