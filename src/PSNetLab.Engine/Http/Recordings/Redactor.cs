using System.Text;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>Takes secrets out of what is recorded: out of fields, targets and bodies, by one table of names.</summary>
internal sealed class Redactor : ISecrets
{
    /// <summary>What stands in place of a secret.</summary>
    internal const string Mark = ISecrets.Mark;

    /// <summary>What a file without secrets says of itself.</summary>
    internal const string Remark = $"Secrets are replaced by {Mark}.";

    // How many documents may be within each other.
    private const int MostNested = 4;

    private const string Unsafe = "it may have secrets that cannot be taken out";

    private readonly SecretNames _names;
    private readonly RedactedText _text;
    private readonly RedactedJson _json;
    private readonly RedactedMarkup _markup;
    private readonly RedactedLines _lines;

    /// <param name="more">More names to redact, wherever they occur.</param>
    internal Redactor(IEnumerable<string>? more = null)
    {
        _names = new SecretNames(more ?? []);
        _text = new RedactedText(_names);
        _json = new RedactedJson(_names, _text);
        _markup = new RedactedMarkup(_names);
        _lines = new RedactedLines(_names);
    }

    /// <summary>The names that are not among the usual ones.</summary>
    internal IEnumerable<string> More => _names.More;

    /// <summary>What is redacted, for the file.</summary>
    internal IEnumerable<string> Names => _names.All;

    /// <summary>The exchange without its secrets.</summary>
    internal RecordedExchange Redact(RecordedExchange exchange)
    {
        byte[]? body = RedactBody(exchange.Body, RecordedExchange.Get(exchange.Fields, "Content-Type"));
        return RedactRequest(exchange) with
        {
            Fields = RedactFields(exchange.Fields),
            Body = body ?? [],
            Omitted = body is null ? Unsafe : exchange.Omitted,
        };
    }

    /// <summary>The exchange without the secrets of its request: two that differ in these only are the same.</summary>
    internal RecordedExchange RedactRequest(RecordedExchange exchange)
    {
        byte[]? body = exchange.RequestBody is { } sent
            ? RedactBody(sent, RecordedExchange.Get(exchange.RequestFields, "Content-Type")) : null;
        return exchange with
        {
            Target = RedactTarget(exchange.Target),
            RequestFields = RedactFields(exchange.RequestFields),
            RequestBody = body,
            RequestOmitted = body is null && exchange.RequestBody is not null ? Unsafe : exchange.RequestOmitted,
        };
    }

    /// <summary>A path or URI without its secrets.</summary>
    public string RedactTarget(string target) => _text.Target(target);

    /// <summary>The value of a field, or of a parameter, without its secrets.</summary>
    public string RedactValue(string name, string value)
    {
        if (HttpRequestRecord.IsSecret(name))
        {
            return HttpRequestRecord.Mask(value);
        }

        if (name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase))
        {
            // The name and the attributes stay, so that a client keeps a cookie as it did.
            int equals = value.IndexOf('=', StringComparison.Ordinal);
            int end = value.IndexOf(';', StringComparison.Ordinal);
            return equals < 0 ? Mark : $"{value[..(equals + 1)]}{Mark}{(end > equals ? value[end..] : string.Empty)}";
        }

        return _names.Has(name) ? Mark : _text.Field(value);
    }

    /// <inheritdoc/>
    public byte[]? RedactBody(byte[] body, string contentType) => RedactBody(body, contentType, MostNested);

    /// <summary>Bytes that are taken for characters, so that those of a text in any encoding stay as they are.</summary>
    private static byte[]? Change(byte[] body, Func<string, string?> change)
    {
        string text = Encoding.Latin1.GetString(body);
        string? changed = change(text);
        return changed is null ? null : changed == text ? body : Encoding.Latin1.GetBytes(changed);
    }

    /// <param name="body">The body.</param>
    /// <param name="contentType">Its type.</param>
    /// <param name="nested">How many documents may be within each other here.</param>
    private byte[]? RedactBody(byte[] body, string contentType, int nested)
    {
        if (nested == 0)
        {
            return null;
        }

        byte[] field = Encoding.Latin1.GetBytes(contentType);
        string type = ContentTypeField.MediaType(field);
        if (body.Length == 0)
        {
            return body;
        }

        if (type.StartsWith("multipart/", StringComparison.Ordinal))
        {
            return RedactParts(body, ContentTypeField.Parameter(field, "boundary"u8) ?? string.Empty, nested - 1);
        }

        if (WideText.Find(body, ContentTypeField.Parameter(field, "charset"u8)) is { } wide)
        {
            byte[] narrow = wide.Read(body);
            byte[]? safe = RedactBody(narrow, type, nested);
            return safe is null ? null : safe == narrow ? body : wide.Write(safe);
        }

        // What clients call a form, or do not name, is often JSON.
        if (_json.TryRedact(body, nested, out byte[]? redacted))
        {
            return redacted;
        }

        return type == "application/x-www-form-urlencoded" ? Change(body, _text.Pairs)
            : ContentTypeField.IsJson(type) || type.EndsWith("ndjson", StringComparison.Ordinal) || body[0] is (byte)'{' or (byte)'['
                ? Change(body, text => _json.Lines(text, nested))
            : type.EndsWith("xml", StringComparison.Ordinal)
                ? Change(body, text => _markup.Redact(text) is { } rest ? _text.Uris(rest) : null)
            : body.AsSpan().Contains((byte)0) ? body
            : Change(body, text => IsOfLines(type, text) ? _lines.Redact(_text.Any(text)) : _text.Any(text));
    }

    /// <summary>Whether each line may be a name and its value: a program would not be one any more. A form is one line.</summary>
    private static bool IsOfLines(string type, string text)
        => (type is "" or "text/plain" || type.EndsWith("yaml", StringComparison.Ordinal)) && text.Any(char.IsWhiteSpace)
            && (text.Contains('\n', StringComparison.Ordinal) || !RedactedText.IsForm(text));

    private List<KeyValuePair<string, string>> RedactFields(IReadOnlyList<KeyValuePair<string, string>> fields) => [.. fields
        .Select(field => KeyValuePair.Create(field.Key, RedactValue(field.Key, field.Value)))];

    /// <summary>The parts of a multipart body, each by its own type; null if the body is not what its boundary says.</summary>
    private byte[]? RedactParts(byte[] body, string boundary, int nested)
    {
        List<byte> redacted = [];
        int copied = 0;
        foreach (MultipartPart part in MultipartBody.Read(body, boundary) ?? [])
        {
            ReadOnlySpan<byte> before = body.AsSpan(copied, part.Start - copied);
            bool isSecret = part.Name is not null && (part.FileName is null ? _names.Has(part.Name) : _names.Has(part.Name, string.Empty));
            byte[]? data = isSecret
                ? Encoding.ASCII.GetBytes(Mark) : RedactBody(part.Data, part.ContentType, nested);
            if (data is null || !before.EndsWith("\r\n\r\n"u8))
            {
                return null;
            }

            redacted.AddRange(before);
            redacted.AddRange(data);
            copied = part.End;
        }

        redacted.AddRange(body.AsSpan(copied));
        return copied == 0 ? null : [.. redacted];
    }
}
