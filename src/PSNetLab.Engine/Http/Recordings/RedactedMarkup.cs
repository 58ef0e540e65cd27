using System.Text.RegularExpressions;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>
/// Takes secrets out of XML: values of attributes, elements without others in them, and pairs such as
/// &lt;add key="ApiKey" value="x"/&gt;, &lt;property name="password"&gt;x&lt;/property&gt; and
/// &lt;name&gt;password&lt;/name&gt;&lt;value&gt;x&lt;/value&gt;.
/// </summary>
internal sealed partial class RedactedMarkup(SecretNames names)
{
    internal string Redact(string text)
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
            string value = attribute.Groups[4].Value;
            if (SecretNames.IsForName(name) && SecretNames.MayBeName(value) && !names.Has(name, value))
            {
                given.Add(value);
            }
        }

        return given;
    }

    [GeneratedRegex("""
        (<(?:[\w.-]+:)?([\w.-]+)(\s[^<>]*)?>)([^<]+|\s*<!\[CDATA\[(?:(?!<!\[CDATA\[|\]\]>).)*\]\]>\s*)(?=</)
        """, RegexOptions.Singleline)]
    private static partial Regex Element();

    [GeneratedRegex("""<[\w.:-]+\s[^<>]*""")]
    private static partial Regex Tag();

    [GeneratedRegex("""(?<=\s)([\w.:-]+)(\s*=\s*(["']))((?:(?!\3)[^<])*)\3""")]
    private static partial Regex Attribute();
}
