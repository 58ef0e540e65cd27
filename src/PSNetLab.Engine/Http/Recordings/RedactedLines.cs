using System.Text;
using System.Text.RegularExpressions;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>
/// Takes secrets out of lines such as <c>password: x</c> and <c>API_KEY=x</c>: in YAML, in settings, and in texts for people. Lines that
/// are indented deeper belong to the one before them, and so does all up to the end of quotes.
/// </summary>
internal sealed partial class RedactedLines(SecretNames names)
{
    // Without quotes it would be a reference in YAML.
    private const string Quoted = $"\"{Redactor.Mark}\"";

    /// <summary>The text without its secrets; null if one is in quotes that do not end.</summary>
    internal string? Redact(string text)
    {
        if (!text.AsSpan().ContainsAny(':', '='))
        {
            return text;
        }

        StringBuilder redacted = new(text.Length);
        Reader reader = new(names);
        for (int start = 0; start < text.Length;)
        {
            int length = text.AsSpan(start).IndexOf('\n');
            int next = length < 0 ? text.Length : start + length + 1;
            string line = text[start..next].TrimEnd('\r', '\n');
            if (reader.Read(line) is { } safe)
            {
                redacted.Append(safe).Append(text, start + line.Length, next - start - line.Length);
            }

            start = next;
        }

        return reader.IsInQuotes ? null : redacted.ToString();
    }

    [GeneratedRegex("""
        ^([ \t]*(?:-[ \t]+)*)(?:export[ ]+)?["']?(\w[\w.$@-]{0,63}(?:[ ][\w.$@-]{1,63}){0,2})["']?[ \t]*([:=])[ \t]*(?<value>.*)
        """, RegexOptions.CultureInvariant)]
    private static partial Regex NamedValue();

    /// <summary>Reads one line after the other.</summary>
    private sealed class Reader(SecretNames names)
    {
        // Of the secret that may go on: how deep its name stands, and whether all of its value is on the next lines.
        private int _depth = int.MaxValue;
        private bool _isBelow;
        private bool _isMarked;
        private char? _quote;

        // The name that the last line like "name: password" gave to the value of another line.
        private string? _given;

        internal bool IsInQuotes => _quote is not null;

        /// <returns>The line without its secrets; null if all of it belongs to one.</returns>
        internal string? Read(string line)
        {
            if (_quote is { } quote)
            {
                _quote = line.Contains(quote, StringComparison.Ordinal) ? null : quote;
                return null;
            }

            string rest = line.TrimStart(' ', '\t');
            int depth = line.Length - rest.Length;
            if (rest.Length == 0)
            {
                return line;
            }

            bool isItem = rest.StartsWith("- ", StringComparison.Ordinal);
            if (depth > _depth || (depth == _depth && _isBelow && isItem))
            {
                string? safe = _isMarked ? null : $"{line[..depth]}{(isItem ? "- " : string.Empty)}{Quoted}";
                _isMarked = true;
                return safe;
            }

            _depth = int.MaxValue;
            return NamedValue().Match(line) is { Success: true } match ? Read(line, match) : line;
        }

        private string Read(string line, Match match)
        {
            string name = match.Groups[2].Value;
            Group value = match.Groups["value"];
            string plain = value.Value.Trim(' ', '\t', '"', '\'', ',');
            string? given = match.Groups[1].Value.Contains('-', StringComparison.Ordinal) ? null : _given;
            bool isSecret = names.Has(name, plain) || (given is not null && SecretNames.IsForValue(name) && names.Has(given, plain));
            _given = isSecret || !SecretNames.IsForName(name) ? given : SecretNames.MayBeName(plain) ? plain : null;
            if (!isSecret || plain is "null" or "~" or "true" or "false" or Redactor.Mark)
            {
                return line;
            }

            _depth = match.Groups[1].Length;
            _isBelow = value.Length == 0;
            _isMarked = !_isBelow;
            char first = _isBelow ? ' ' : value.Value[0];
            bool isQuoted = first is '"' or '\'';
            _quote = isQuoted && value.Value.IndexOf(first, 1) < 0 ? first : null;
            return _isBelow ? line : $"{line[..value.Index]}{(isQuoted || match.Groups[3].Value == ":" ? Quoted : Redactor.Mark)}";
        }
    }
}
