using System.Text;
using System.Text.RegularExpressions;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>
/// Takes secrets out of XML: values of attributes, elements without others in them, and pairs such as
/// &lt;add key="ApiKey" value="x"/&gt;, &lt;property name="password"&gt;x&lt;/property&gt; and
/// &lt;name&gt;password&lt;/name&gt;&lt;value&gt;x&lt;/value&gt;.
/// </summary>
internal sealed partial class RedactedMarkup(SecretNames names)
{
    /// <summary>The text without its secrets; null if one may be left, split or in elements.</summary>
    internal string? Redact(string text)
    {
        string redacted = Replace(text);
        string plain = Plain(redacted);
        bool mayHide = text.Contains("<!ENTITY", StringComparison.Ordinal) || Replace(plain) != plain
            || Opened().Matches(plain).Any(match => names.Has(match.Groups[1].Value, string.Empty));
        return mayHide ? null : redacted;
    }

    /// <summary>The text without comments, and with a letter for each section of characters.</summary>
    private static string Plain(string text)
    {
        StringBuilder plain = new(text.Length);
        int at = 0;
        while (text.IndexOf("<!", at, StringComparison.Ordinal) is >= 0 and int start)
        {
            bool isComment = string.CompareOrdinal(text, start, "<!--", 0, 4) == 0;
            bool isSection = string.CompareOrdinal(text, start, "<![CDATA[", 0, 9) == 0;
            string last = isComment ? "-->" : isSection ? "]]>" : ">";
            int end = text.IndexOf(last, start + 2, StringComparison.Ordinal);
            if (end < 0)
            {
                break;
            }

            end += last.Length;
            plain.Append(text, at, start - at).Append(isComment ? string.Empty : isSection ? "x" : text[start..end]);
            at = end;
        }

        return plain.Append(text, at, text.Length - at).ToString();
    }

    private string Replace(string text)
    {
        string? before = null; // the last name that an element gave
        string elements = Element().Replace(text, match =>
        {
            string name = match.Groups[2].Value;
            string value = match.Groups[4].Value.Trim();
            bool isSecret = names.Has(name, value) || NamesIn(match.Groups[3].Value).Exists(given => names.Has(given, value))
                || (before is not null && (SecretNames.IsForValue(name) || name == "string") && names.Has(before, value));
            before = isSecret || !SecretNames.IsForName(name) ? before : SecretNames.MayBeName(value) ? value : null;
            return isSecret ? $"{match.Groups[1].Value}{Redactor.Mark}" : match.Value;
        });
        return Tag().Replace(elements, match =>
        {
            List<string> given = NamesIn(match.Value);
            return Attribute().Replace(match.Value, attribute =>
            {
                string name = attribute.Groups[1].Value;
                string value = attribute.Groups[4].Value;
                bool isSecret = names.Has(name, value)
                    || (SecretNames.IsForValue(name) && given.Exists(other => names.Has(other, value)));
                return isSecret ? $"{name}{attribute.Groups[2].Value}{Redactor.Mark}{attribute.Groups[3].Value}" : attribute.Value;
            });
        });
    }

    /// <summary>The names that attributes give to the value of another attribute, or to that of the element.</summary>
    private List<string> NamesIn(string attributes)
    {
        List<string> given = [];
        foreach (Match attribute in Attribute().Matches(attributes))
        {
            string name = attribute.Groups[1].Value;
            if (SecretNames.IsForName(name))
            {
                names.Note(given, name, attribute.Groups[4].Value);
            }
        }

        return given;
    }

    [GeneratedRegex("""
        (<(?:[\w.-]+:)?([\w.-]+)(\s[^<>]*)?>)([^<]+|\s*<!\[CDATA\[(?:(?!<!\[CDATA\[|\]\]>).)*\]\]>\s*)(?=</)
        """, RegexOptions.Singleline)]
    private static partial Regex Element();

    [GeneratedRegex("""<(?:[\w.-]+:)?([\w.-]+)(?:\s[^<>]*)?(?<!/)>(?!\*\*\*</|\s*</)""")]
    private static partial Regex Opened();

    [GeneratedRegex("""<[\w.:-]+\s[^<>]*""")]
    private static partial Regex Tag();

    [GeneratedRegex("""(?<=\s)([\w.:-]+)(\s*=\s*(["']))((?:(?!\3)[^<])*)\3""")]
    private static partial Regex Attribute();
}
