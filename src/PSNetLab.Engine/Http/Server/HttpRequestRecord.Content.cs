using System.Collections.Specialized;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <content>The target and the body, taken apart. That is done when a property is read.</content>
public sealed partial class HttpRequestRecord
{
    private TakenApart? _apart;
    private OrderedDictionary _trailers = s_none;

    /// <summary>What was taken apart. Most records are just counted and need none of it.</summary>
    private sealed class TakenApart
    {
        internal string? Path;
        internal OrderedDictionary? Query;
        internal string? Text;
        internal object? Json;
        internal OrderedDictionary? Form;
        internal bool HasReadJson;
        internal bool HasReadForm;
        internal Tuple<JsonDocument?>? Document;
        internal Tuple<object, string>? Comparable;
    }

    private TakenApart Apart => _apart ??= new TakenApart();

    /// <summary>
    /// The path of the target, decoded, such as /a b; of other targets the target itself, such as * or, with CONNECT, host:port.
    /// </summary>
    public string Path => Apart.Path ??= PercentText.Decode(RawPath);

    /// <summary>The query of the target, decoded, by name. A name that occurs several times has an array of values.</summary>
    public object Query => FileValue.With(Apart.Query ??= ReadQuery());

    /// <summary>The bytes of the body; null if the server does not keep bodies, or there was none.</summary>
    public object? Body => FileValue.Of(BodyBytes);

    internal byte[]? BodyBytes { get; set; }

    /// <summary>
    /// The body as text, in the charset of its Content-Type or else UTF-8; null without a body, and for a binary message of a WebSocket.
    /// </summary>
    public string? Text => BodyBytes is null || MessageKind == WebSocketMessageType.Binary ? null
        : Apart.Text ??= Read(BodyBytes);

    /// <summary>
    /// The body as objects, if it is JSON: dictionaries, arrays, text, numbers, Booleans. Null if it is not. A body without a
    /// Content-Type, or with one of text, is tried as well, and so is a form that begins like an object or an array: Invoke-RestMethod
    /// and curl call a body a form unless they are told otherwise.
    /// </summary>
    public object? Json
    {
        get
        {
            TakenApart apart = Apart;
            if (!apart.HasReadJson)
            {
                if (BodyBytes is not null && MayBeJson(BodyBytes))
                {
                    JsonObjects.TryRead(BodyBytes, out apart.Json);
                }

                apart.HasReadJson = true;
            }

            return apart.Json is null ? null : FileValue.With(apart.Json, () => Text ?? string.Empty);
        }
    }

    /// <summary>
    /// The fields of a form in the body, by name: text, and for a file its name, which has ContentType, Length, Data and Text; an array if
    /// a name occurs several times. Null if the body is not a form.
    /// </summary>
    public object? Form
    {
        get
        {
            TakenApart apart = Apart;
            if (!apart.HasReadForm)
            {
                apart.Form = ReadForm();
                apart.HasReadForm = true;
            }

            return FileValue.Of(apart.Form);
        }
    }

    /// <summary>The fields after a body in chunks; empty if there were none.</summary>
    public object Trailers => FileValue.With(_trailers);

    /// <summary>The parts of the path that a route names, such as id in /users/{id}; empty without such a route.</summary>
    public object Params => FileValue.With(PathValues);

    internal OrderedDictionary PathValues { get; set; } = s_none;

    /// <summary>The name of the route that answered; null if none did.</summary>
    public string? Route { get; internal set; }

    /// <summary>
    /// The milliseconds since the request before, on any connection; null for the first, and if the server does not measure it.
    /// </summary>
    public object? GapMilliseconds => FileValue.Of(Gap?.TotalMilliseconds);

    internal TimeSpan? Gap { get; set; }

    /// <summary>The value of a header field as received, credentials included; null if it is missing.</summary>
    /// <param name="name">The name of the field.</param>
    public string? GetHeader(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        byte[] wanted = Encoding.Latin1.GetBytes(name);
        return HasField(wanted) ? HttpSyntax.ToText(Field(wanted)) : null;
    }

    /// <summary>What the body would be as text if these were its bytes.</summary>
    internal string Read(byte[] bytes) => Charset.GetString(bytes);

    /// <summary>The body as JSON, kept until <see cref="ForgetParsed"/>; null if it is not valid.</summary>
    internal JsonDocument? ParsedBody => (Apart.Document ??= new(JsonObjects.TryParse(BodyBytes))).Item1;

    /// <summary>The body in a form in which it is compared with many others, kept until <see cref="ForgetParsed"/>.</summary>
    /// <param name="owner">Who makes it always in the same form.</param>
    /// <param name="make">Makes it.</param>
    internal string ComparableBody(object owner, Func<HttpRequestRecord, string> make)
    {
        TakenApart apart = Apart;
        Tuple<object, string>? known = apart.Comparable;
        if (known?.Item1 != owner)
        {
            apart.Comparable = known = new(owner, make(this));
        }

        return known.Item2;
    }

    /// <summary>The media type of the body, in lower case; empty if it has none.</summary>
    internal string MediaType => ContentTypeField.MediaType(Field("Content-Type"u8));

    /// <summary>The path as received, without the query.</summary>
    internal ReadOnlySpan<byte> RawPath => HttpTarget.PathOf(RawTarget);

    /// <summary>The query as received; empty if there is none.</summary>
    internal ReadOnlySpan<byte> RawQuery => RawTarget.IndexOf((byte)'?') is >= 0 and int start ? RawTarget[(start + 1)..] : default;

    internal ReadOnlySpan<byte> RawMethod => MessageKind is not null ? "WS"u8
        : Line is var line && line.IndexOf((byte)' ') is > 0 and int end ? line[..end] : default;

    /// <summary>Of a message of a WebSocket Text or Binary, and Close for its end; null for requests.</summary>
    public string? MessageType => MessageKind?.ToString();

    internal WebSocketMessageType? MessageKind { get; private init; }

    /// <summary>A record of a message of the WebSocket that this request has opened.</summary>
    /// <param name="type">Its kind.</param>
    /// <param name="data">Its data; of the end, the reason.</param>
    /// <param name="code">The code of the end.</param>
    internal HttpRequestRecord ToMessage(WebSocketMessageType type, byte[] data, int code = 0) => new(ConnectionId, Remote, Head)
    {
        MessageKind = type,
        BodyBytes = data,
        Status = code,
        PathValues = PathValues,
        Route = Route,
        Tls = Tls,
        User = User,
        Completed = true,
    };

    // Messages are UTF-8 whatever the request that opened the WebSocket says of its own body (RFC 6455, section 5.6).
    private Encoding Charset => MessageKind is null ? ContentTypeField.Charset(Field("Content-Type"u8)) : Encoding.UTF8;

    private ReadOnlySpan<byte> RawTarget
    {
        get
        {
            ReadOnlySpan<byte> rest = Line;
            rest = rest[(rest.IndexOf((byte)' ') + 1)..];
            return rest[..Math.Max(rest.IndexOf((byte)' '), 0)];
        }
    }

    /// <summary>Drops what is needed only while a request is compared with routes. Somebody else may still be comparing.</summary>
    internal void ForgetParsed()
    {
        if (_apart is { } apart)
        {
            apart.Document = null;
            apart.Comparable = null;
        }
    }

    internal void SetTrailers(ReadOnlySpan<byte> lines)
    {
        if (!lines.IsEmpty)
        {
            _trailers = ReadFields(new FieldEnumerator(lines));
        }
    }

    internal bool HasField(ReadOnlySpan<byte> name)
    {
        FieldEnumerator fields = Fields();
        while (fields.MoveNext())
        {
            if (fields.Name.Length == name.Length && Ascii.EqualsIgnoreCase(fields.Name, name))
            {
                return true;
            }
        }

        return false;
    }

    private bool MayBeJson(byte[] body)
    {
        string type = MediaType;
        return ContentTypeField.IsJson(type) || type is "" or "text/plain"
            || (type == "application/x-www-form-urlencoded" && body.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[', ..]);
    }

    private OrderedDictionary ReadQuery()
    {
        NamedValues values = new(StringComparer.Ordinal);
        FormPairs.AddTo(values, RawQuery);
        return values.ToDictionary();
    }

    private OrderedDictionary? ReadForm()
    {
        NamedValues values = new(StringComparer.Ordinal);
        switch (MediaType)
        {
            case "application/x-www-form-urlencoded" when BodyBytes is not null:
                FormPairs.AddTo(values, BodyBytes);
                return values.ToDictionary();
            case "multipart/form-data" when BodyBytes is not null
                && ContentTypeField.Parameter(Field("Content-Type"u8), "boundary"u8) is { Length: > 0 } boundary:
                if (MultipartBody.Read(BodyBytes, boundary) is not { } parts)
                {
                    return null;
                }

                foreach (MultipartPart part in parts)
                {
                    object value = part.FileName is null ? HttpSyntax.ToText(part.Data)
                        : PartedText.Of(new HttpFormFile(part.FileName, part.ContentType, part.Data));
                    values.Add(part.Name ?? string.Empty, value);
                }

                return values.ToDictionary();
            default:
                return null;
        }
    }
}
