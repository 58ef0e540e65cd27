using System.Text;

namespace PSNetLab.Engine.Http.Protocol;

/// <summary>Formats header fields as the bytes of their lines, and validates those a user supplies.</summary>
internal static class FieldLines
{
    // The first frame the message; the others belong to one particular file.
    private static readonly string[] s_framing =
        ["Connection", "Content-Length", "Transfer-Encoding", "Trailer", "Upgrade", "Keep-Alive", "Date"];

    private static readonly string[] s_ofFiles =
    [
        "Content-Range", "Content-Encoding", "ETag", "Last-Modified", "Accept-Ranges", "Location", "Allow", "WWW-Authenticate",
    ];

    /// <summary>Formats fields, leaving out those that <paramref name="replaced"/> names.</summary>
    internal static byte[] Format(
        IEnumerable<KeyValuePair<string, string>> fields, IReadOnlyList<KeyValuePair<string, string>>? replaced = null)
    {
        StringBuilder lines = new();
        foreach ((string name, string value) in fields)
        {
            // Vary stays even if the user sets it too: the response does depend on those fields.
            if (replaced is null || name == "Vary" || !replaced.Any(field => field.Key.Equals(name, StringComparison.OrdinalIgnoreCase)))
            {
                lines.Append(name).Append(": ").Append(value).Append("\r\n");
            }
        }

        return Encoding.Latin1.GetBytes(lines.ToString());
    }

    internal static KeyValuePair<string, string> Field(string name, string value) => new(name, value);

    /// <summary>Returns the fields if a web server of files can send them with every response, and throws otherwise.</summary>
    /// <exception cref="NetLabException">
    /// A name or value is not valid, or the server sets the field itself. The message names <paramref name="parameter"/>.
    /// </exception>
    internal static IReadOnlyList<KeyValuePair<string, string>> Check(IReadOnlyList<KeyValuePair<string, string>> fields, string parameter)
    {
        foreach ((string name, string value) in CheckResponse(fields, parameter))
        {
            if (name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase))
            {
                throw Invalid(name, $"-{parameter}: Content-Type differs from file to file. "
                    + $"Set it by extension, with -MimeType @{{ '.ext' = '{value}' }}.");
            }

            RefuseOwned(s_ofFiles, name, parameter);
        }

        return fields;
    }

    /// <summary>Returns the fields if a server can send them with a response, and throws otherwise.</summary>
    /// <inheritdoc cref="Check"/>
    internal static IReadOnlyList<KeyValuePair<string, string>> CheckResponse(
        IReadOnlyList<KeyValuePair<string, string>> fields, string parameter)
    {
        foreach ((string name, string value) in fields)
        {
            if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(HttpSyntax.TokenText))
            {
                throw Invalid(name, $"-{parameter}: '{name}' is not the name of a header field: "
                    + "use letters, digits and -._ (RFC 9110, section 5.1).");
            }

            RefuseOwned(s_framing, name, parameter);
            if (value.Any(character => character != '\t' && character is < ' ' or '\u007f' or > '\u00ff'))
            {
                throw Invalid(value, $"-{parameter}: the value of {name} contains a line break, a control character or "
                    + "one beyond Latin-1, which a header field cannot have (RFC 9110, section 5.5).");
            }
        }

        return fields;
    }

    private static void RefuseOwned(string[] owned, string name, string parameter)
    {
        if (owned.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            throw Invalid(name, $"-{parameter}: {name} is set by the server itself. Leave it out.");
        }
    }

    private static NetLabException Invalid(string subject, string message)
        => new(FaultKind.InvalidParameters, message) { Subject = subject };
}
