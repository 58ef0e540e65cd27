using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>Takes secrets out of texts: URIs wherever they stand, queries, forms, parameters of fields, and what looks like JSON.</summary>
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

    /// <summary>Whether a text begins as a form with two pairs at least.</summary>
    internal static bool IsForm(string text) => BeginsAsForm().IsMatch(text);

    /// <summary>A text in JSON, which may be a form or have URIs.</summary>
    internal string Value(string text) => IsForm(text) ? Pairs(text) : Uris(text);

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
            string plain = value.Trim('"');
            bool isSecret = names.Has(match.Groups[1].Value, plain);

            // The value that this is the name of may be anywhere.
            bool isName = SecretNames.IsForName(match.Groups[1].Value) && SecretNames.MayBeName(plain) && names.Has(plain, string.Empty);
            isLost |= isSecret ? value[0] is '{' or '[' : isName;
            return isSecret ? $"\"{match.Groups[1].Value}\"{match.Groups[2].Value}\"{Redactor.Mark}\"" : match.Value;
        });
        return isLost || Hides(text) ? null : Uris(redacted);
    }

    /// <summary>A body of which nobody says what it is.</summary>
    internal string Any(string text)
        => IsForm(text) || !text.Any(char.IsWhiteSpace) ? Uris(Pairs(text)) : Uris(text);

    /// <summary>Whether a secret may be left in what looks like JSON, by a name that is escaped or in other quotes.</summary>
    private bool Hides(string text)
    {
        string rest = Member().Replace(text, match => match.Value.Contains('\\', StringComparison.Ordinal) ? match.Value : ",");
        for (int i = 0; i < MostNested; i++)
        {
            rest = Escape().Replace(rest, match => ((char)Convert.ToInt32(match.Groups[1].Value, 16)).ToString());
        }

        return OtherName().Matches(rest).Any(match => names.Has(match.Groups[1].Value, match.Groups[2].Value));
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

        StringBuilder redacted = new($"{name}=");
        bool isFirst = true;
        foreach (string part in value.Split(';'))
        {
            // Where the first sign is that of a query, it is a URI.
            int equals = !isFirst && part.AsSpan().IndexOfAny('=', '?') is >= 0 and int sign && part[sign] == '=' ? sign : -1;
            bool isSecret = equals >= 0 && names.Has(Decode(part[..equals]));
            string safe = isSecret ? Redactor.Mark : Value(part[(equals + 1)..], nested);
            redacted.Append(isFirst ? string.Empty : ";").Append(part, 0, equals + 1).Append(safe);
            if (safe.EndsWith(Redactor.Mark, StringComparison.Ordinal))
            {
                break; // what follows may belong to the secret
            }

            isFirst = false;
        }

        return redacted.ToString();
    }

    /// <summary>A value in a query, which may be a URI of its own.</summary>
    private string Value(string value, int nested)
    {
        if (nested == 0)
        {
            return value;
        }

        string decoded = Decode(value);
        string redacted = Uris(decoded, nested - 1);
        return redacted == decoded ? value : decoded == value ? redacted : System.Uri.EscapeDataString(redacted);
    }

    private static string Decode(string text) => PercentText.Decode(Encoding.UTF8.GetBytes(text), isForm: true);

    [GeneratedRegex("""(?<=://)[^/?#\s"'<>\\]+@""")]
    private static partial Regex UserInfo();

    [GeneratedRegex("""(?<=^|[?&#;])(?!amp;)([^=&#?;]+)=([^&#]+)""")]
    private static partial Regex Pair();

    [GeneratedRegex("""^[\w.%+\[\] -]+=[^;&]*[;&][\w.%+\[\] -]+=""")]
    private static partial Regex BeginsAsForm();

    [GeneratedRegex("""(?<=^|[\s,;])([A-Za-z][A-Za-z0-9_.-]*)=(?:"[^"]*"|[^\s",;]+)""")]
    private static partial Regex Parameter();

    [GeneratedRegex("""\\+u([0-9A-Fa-f]{4})""")]
    private static partial Regex Escape();

    [GeneratedRegex("""(?<![\w.$@-])([\w.$@-]{1,200})["'\\\s]*[:=]["'\\\s]*([^\s,"'\\}\]]*)""")]
    private static partial Regex OtherName();

    [GeneratedRegex("""["]((?:[^"\\]|\\.){1,200})["](\s*:\s*)(["](?:[^"\\]|\\.)*["]?|[^\s,}\]"]+)""", RegexOptions.Singleline)]
    private static partial Regex Member();
}
