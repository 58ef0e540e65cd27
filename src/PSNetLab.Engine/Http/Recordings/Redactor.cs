using System.Text;
using System.Text.Json;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>Takes secrets out of what is recorded: in fields, in queries, and in bodies that are JSON or a form.</summary>
internal sealed class Redactor
{
    /// <summary>What stands in place of a secret.</summary>
    internal const string Mark = "***";

    private static readonly string[] s_fields =
        ["Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "X-Api-Key", "Authentication-Info"];

    // Of names without punctuation and case.
    private static readonly string[] s_anywhere = ["password", "passwd", "passphrase", "secret", "apikey", "privatekey", "accesskey"];
    private static readonly string[] s_atEnd = ["token", "pwd", "pass", "credential", "credentials", "authorization", "signature"];

    private readonly HashSet<string> _more;

    /// <param name="more">More names to redact, wherever they occur.</param>
    internal Redactor(IEnumerable<string>? more = null) => _more = [.. (more ?? []).Select(Plain)];

    /// <summary>The names that are not among the usual ones.</summary>
    internal IEnumerable<string> More => _more;

    /// <summary>What is redacted, for the file.</summary>
    internal IEnumerable<string> Names => [.. s_fields, .. s_anywhere, .. s_atEnd, .. _more];

    /// <summary>Whether a value of this name is a secret.</summary>
    internal bool IsSecret(string name)
    {
        string plain = Plain(name).TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9');
        return _more.Contains(Plain(name)) || Array.Exists(s_anywhere, word => plain.Contains(word, StringComparison.Ordinal))
            || Array.Exists(s_atEnd, word => plain.EndsWith(word, StringComparison.Ordinal));
    }

    /// <summary>The exchange without its secrets.</summary>
    internal RecordedExchange Redact(RecordedExchange exchange) => exchange with
    {
        Target = RedactQuery(exchange.Target),
        RequestFields = RedactFields(exchange.RequestFields),
        RequestBody = exchange.RequestBody is { } body
            ? RedactBody(body, RecordedExchange.Get(exchange.RequestFields, "Content-Type")) : null,
        Fields = RedactFields(exchange.Fields),
        Body = RedactBody(exchange.Body, RecordedExchange.Get(exchange.Fields, "Content-Type")),
    };

    /// <summary>A URI or a target without the secrets in its query.</summary>
    internal string RedactQuery(string target)
    {
        int start = target.IndexOf('?', StringComparison.Ordinal);
        return start < 0 ? target : target[..(start + 1)] + RedactPairs(target[(start + 1)..]);
    }

    /// <summary>A body without its secrets; the same bytes if there are none, or if the body is neither JSON nor a form.</summary>
    internal byte[] RedactBody(byte[] body, string contentType)
    {
        byte[] field = Encoding.Latin1.GetBytes(contentType);
        string type = ContentTypeField.MediaType(field);
        if (type == "multipart/form-data")
        {
            return RedactParts(body, ContentTypeField.Parameter(field, "boundary"u8) ?? string.Empty);
        }

        // What clients call a form, or do not name, is often JSON.
        using JsonDocument? document = body.Length > 0 ? JsonObjects.TryParse(body) : null;
        if (document is not null)
        {
            return HasSecret(document.RootElement) ? Rewrite(document.RootElement) : body;
        }

        if (type == "application/x-www-form-urlencoded")
        {
            string text = Encoding.Latin1.GetString(body);
            string redacted = RedactPairs(text);
            return text == redacted ? body : Encoding.Latin1.GetBytes(redacted);
        }

        return ContentTypeField.IsJson(type) || type.EndsWith("ndjson", StringComparison.Ordinal) ? RedactLines(body) : body;
    }

    private static string Plain(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();

    private List<KeyValuePair<string, string>> RedactFields(IReadOnlyList<KeyValuePair<string, string>> fields) => [.. fields
        .Select(field => KeyValuePair.Create(field.Key, RedactField(field.Key, field.Value)))];

    private string RedactField(string name, string value)
    {
        if (name.EndsWith("Authorization", StringComparison.OrdinalIgnoreCase))
        {
            return value.Contains(' ', StringComparison.Ordinal) ? HttpRequestRecord.Mask(value) : Mark;
        }

        if (name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase))
        {
            // The name and the attributes stay, so that a client keeps a cookie as it did.
            int equals = value.IndexOf('=', StringComparison.Ordinal);
            int end = value.IndexOf(';', StringComparison.Ordinal);
            return equals < 0 ? Mark : $"{value[..(equals + 1)]}{Mark}{(end > equals ? value[end..] : string.Empty)}";
        }

        bool isSecret = s_fields.Contains(name, StringComparer.OrdinalIgnoreCase) || IsSecret(name);
        return isSecret ? Mark : RedactQuery(value);
    }

    private string RedactPairs(string pairs) => string.Join('&', pairs.Split('&').Select(pair =>
    {
        int equals = pair.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && IsSecret(PercentText.Decode(Encoding.Latin1.GetBytes(pair[..equals]), isForm: true))
            ? $"{pair[..(equals + 1)]}{Mark}" : pair;
    }));

    private bool HasSecret(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().Any(member => IsSecretMember(member) || HasSecret(member.Value)),
        JsonValueKind.Array => value.EnumerateArray().Any(HasSecret),
        _ => false,
    };

    private bool IsSecretMember(JsonProperty member) => IsSecret(member.Name)
        && member.Value.ValueKind is not (JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null);

    private byte[] Rewrite(JsonElement value)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter writer = new(bytes, RecordingWriter.Compact))
        {
            Write(writer, value);
        }

        return bytes.ToArray();
    }

    private void Write(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (JsonProperty member in value.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    if (IsSecretMember(member))
                    {
                        writer.WriteStringValue(Mark);
                    }
                    else
                    {
                        Write(writer, member.Value);
                    }
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (JsonElement element in value.EnumerateArray())
                {
                    Write(writer, element);
                }

                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    /// <summary>Several JSON values, one a line.</summary>
    private byte[] RedactLines(byte[] body)
    {
        bool hasChanged = false;
        string[] lines = Encoding.UTF8.GetString(body).Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            using JsonDocument? line = JsonObjects.TryParse(Encoding.UTF8.GetBytes(lines[i]));
            if (line is not null && HasSecret(line.RootElement))
            {
                lines[i] = Encoding.UTF8.GetString(Rewrite(line.RootElement));
                hasChanged = true;
            }
        }

        return hasChanged ? Encoding.UTF8.GetBytes(string.Join('\n', lines)) : body;
    }

    private byte[] RedactParts(byte[] body, string boundary)
    {
        List<byte> redacted = [];
        ReadOnlySpan<byte> rest = body;
        byte[] end = Encoding.Latin1.GetBytes($"\r\n--{boundary}");
        foreach (MultipartPart part in MultipartBody.Read(body, boundary) ?? [])
        {
            byte[] tail = [.. "\r\n\r\n"u8, .. part.Data, .. end];
            int start = rest.IndexOf(tail);
            if (start < 0)
            {
                continue;
            }

            bool isSecret = part.Name is not null && IsSecret(part.Name) && part.FileName is null;
            redacted.AddRange(rest[..(start + 4)]);
            redacted.AddRange(isSecret ? Encoding.ASCII.GetBytes(Mark) : part.Data);
            rest = rest[(start + 4 + part.Data.Length)..];
        }

        redacted.AddRange(rest);
        return [.. redacted];
    }
}
