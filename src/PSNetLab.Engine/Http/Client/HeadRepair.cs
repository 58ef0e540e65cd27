using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Client;

/// <summary>Makes a malformed head of a response readable, as browsers do, and says what a strict reader refuses in it.</summary>
/// <remarks>The result goes through the strict parser, so that there is one understanding of a head.</remarks>
internal sealed class HeadRepair
{
    private const int MostBlankLines = 8;

    private readonly List<string> _remarks = [];
    private readonly List<(string Name, StringBuilder Value)> _fields = [];
    private string _line = string.Empty;

    /// <summary>Whether these bytes can be the beginning of a response, however malformed.</summary>
    internal static bool MayBeResponse(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> start = bytes.TrimStart("\r\n"u8);
        ReadOnlySpan<byte> name = "HTTP/"u8;
        int length = Math.Min(start.Length, name.Length);
        return bytes.Length - start.Length <= 2 * MostBlankLines && Ascii.EqualsIgnoreCase(start[..length], name[..length]);
    }

    /// <summary>The length of a complete head, whatever its line ends; -1 if it is not complete.</summary>
    /// <param name="bytes">The head, from its first byte.</param>
    /// <param name="examined">How many of the bytes the last call got.</param>
    internal static int FindEnd(ReadOnlySpan<byte> bytes, int examined)
    {
        int start = bytes.Length - bytes.TrimStart("\r\n"u8).Length;
        for (int i = Math.Max(start, examined - 2); i < bytes.Length; i++)
        {
            if (bytes[i] != '\n')
            {
                continue;
            }

            ReadOnlySpan<byte> next = bytes[(i + 1)..];
            if (next.StartsWith("\n"u8) || next.StartsWith("\r\n"u8))
            {
                return i + 1 + next.IndexOf((byte)'\n') + 1;
            }
        }

        return -1;
    }

    /// <summary>Whether a complete head has more lines than this for fields, whatever they are.</summary>
    internal static bool IsLonger(ReadOnlySpan<byte> head, int mostFields)
    {
        // Besides them, there are the status line and the empty one at the end.
        const int OtherLines = 2;
        return head.TrimStart("\r\n"u8).Count((byte)'\n') > mostFields + OtherLines;
    }

    /// <summary>Repairs a complete head.</summary>
    /// <param name="head">Its bytes, as received.</param>
    /// <param name="remarks">Gets what was repaired, each in a sentence.</param>
    internal static byte[] Repair(ReadOnlySpan<byte> head, List<string> remarks)
    {
        HeadRepair repair = new();
        repair.ReadLines(Encoding.Latin1.GetString(head));
        repair.MendStartLine();
        repair.MendLength();
        repair.MendCodings();
        remarks.AddRange(repair._remarks.Distinct());
        StringBuilder text = new(repair._line);
        text.Append("\r\n");
        foreach ((string name, StringBuilder value) in repair._fields)
        {
            text.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        return Encoding.Latin1.GetBytes(text.Append("\r\n").ToString());
    }

    private void ReadLines(string head)
    {
        string text = head.TrimStart('\r', '\n');
        if (text.Length != head.Length)
        {
            _remarks.Add("There are empty lines before the status line.");
        }

        if (text.Replace("\r\n", string.Empty, StringComparison.Ordinal).AsSpan().ContainsAny('\r', '\n'))
        {
            _remarks.Add("A line ends with CR or LF alone, not with CRLF (RFC 9112, section 2.2).");
        }

        string[] lines = text.Split('\n');
        _line = Clean(lines[0].TrimEnd('\r'));
        foreach (string raw in lines.Skip(1).Select(line => line.TrimEnd('\r')).Where(line => line.Length > 0))
        {
            ReadField(raw);
        }
    }

    private void ReadField(string line)
    {
        if (line[0] is ' ' or '\t' && _fields.Count > 0)
        {
            (string before, StringBuilder value) = _fields[^1];
            string more = Clean(line.Trim(' ', '\t'));
            value.Append(value.Length > 0 && more.Length > 0 ? " " : string.Empty).Append(more);
            _remarks.Add($"The value of {Shown(before)} continues on the next line, which is obsolete (RFC 9112, section 5.2).");
            return;
        }

        int colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            _remarks.Add($"'{Shown(line)}' is not a field: it has no colon.");
            return;
        }

        string name = line[..colon].Trim(' ', '\t');
        if (name.Length != colon)
        {
            _remarks.Add($"There is a blank around the name '{Shown(name)}' (RFC 9112, section 5.1).");
        }

        if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(HttpSyntax.TokenText))
        {
            _remarks.Add($"'{Shown(name)}' is not the name of a field (RFC 9110, section 5.1).");
            return;
        }

        _fields.Add((name, new StringBuilder(Clean(line[(colon + 1)..].Trim(' ', '\t')))));
    }

    private void MendStartLine()
    {
        string[] parts = _line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
        string version = parts.Length > 0 ? parts[0].ToUpperInvariant() : string.Empty;
        bool isKnown = version is "HTTP/1.0" or "HTTP/1.1";
        if (!isKnown || version != parts[0])
        {
            string shown = Shown(parts.Length > 0 ? parts[0] : _line);
            _remarks.Add($"'{shown}' is not a version of HTTP that is written in text, such as HTTP/1.1.");
            version = "HTTP/1.1";
        }

        string mended = parts.Length > 1 ? $"{version} {parts[1]} {(parts.Length > 2 ? parts[2].TrimStart(' ') : string.Empty)}" : version;
        if (isKnown && parts.Length > 1 && !_line[version.Length..].StartsWith($" {parts[1]}", StringComparison.Ordinal))
        {
            _remarks.Add("There is more than one space in front of the status (RFC 9112, section 4).");
        }

        _line = mended;
    }

    private void MendLength()
    {
        string[] values = [.. Values("Content-Length").SelectMany(value => value.Split(',')).Select(value => value.Trim(' ', '\t'))];
        if (values.Length == 0)
        {
            return;
        }

        bool hasCodings = Values("Transfer-Encoding").Length > 0;
        bool isNumber = values[0].Length is > 0 and <= 18 && values[0].All(char.IsAsciiDigit);
        string? kept = null;
        if (hasCodings)
        {
            _remarks.Add("There are both Content-Length and Transfer-Encoding (RFC 9112, section 6.1), of which the latter counts.");
        }
        else if (!isNumber || values.Any(value => value != values[0]))
        {
            _remarks.Add($"Content-Length is not one number, but '{Shown(string.Join(", ", values))}'.");
        }
        else
        {
            kept = values[0];
            if (values.Length > 1)
            {
                _remarks.Add("There is more than one Content-Length (RFC 9112, section 6.3).");
            }
        }

        Replace("Content-Length", kept);
    }

    private void MendCodings()
    {
        string[] values = Values("Transfer-Encoding");
        if (values.Length == 0)
        {
            return;
        }

        const StringSplitOptions Trimmed = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        string[] codings = string.Join(',', values).Split(',', Trimmed);
        bool isChunked = codings.Contains("chunked", StringComparer.OrdinalIgnoreCase);
        if (codings.Count(coding => coding.Equals("chunked", StringComparison.OrdinalIgnoreCase)) > 1
            || (isChunked && !codings[^1].Equals("chunked", StringComparison.OrdinalIgnoreCase)) || codings.Length == 0)
        {
            _remarks.Add("The transfer codings do not end with chunked, or have it twice (RFC 9112, section 6.1).");
            codings = isChunked
                ? [.. codings.Where(coding => !coding.Equals("chunked", StringComparison.OrdinalIgnoreCase)), "chunked"]
                : codings;
        }

        Replace("Transfer-Encoding", codings.Length == 0 ? null : string.Join(", ", codings));
        if (_line.StartsWith("HTTP/1.0", StringComparison.Ordinal))
        {
            _remarks.Add("HTTP/1.0 does not have Transfer-Encoding (RFC 9112, section 6.1).");
            _line = $"HTTP/1.1{_line[8..]}";
        }
    }

    private string[] Values(string name) =>
    [
        .. _fields.Where(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value.ToString()),
    ];

    /// <summary>Keeps the first of the fields with this name, with this value; none for null.</summary>
    private void Replace(string name, string? value)
    {
        int first = _fields.FindIndex(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        string written = _fields[first].Name;
        _fields.RemoveAll(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (value is not null)
        {
            _fields.Insert(first, (written, new StringBuilder(value)));
        }
    }

    private string Clean(string text)
    {
        if (!text.Any(character => char.IsControl(character) && character < '\x80' && character != '\t'))
        {
            return text;
        }

        _remarks.Add("There are control characters in a line (RFC 9110, section 5.5).");
        return string.Concat(
            text.Select(character => char.IsControl(character) && character < '\x80' && character != '\t' ? ' ' : character));
    }

    private static string Shown(string text)
    {
        const int Most = 60;
        return text.Length > Most ? $"{text[..Most]}..." : text;
    }
}
