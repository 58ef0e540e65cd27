using System.Collections.Specialized;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>A request that a web server received, and what became of the answer.</summary>
public sealed partial class HttpRequestRecord : IWeighted, ISequenced
{
    // The objects around the bytes of a record take about as much.
    private const int OwnBytes = 256;

    // Those of the registry of IANA that come with credentials, and a few that are usual.
    private static readonly HashSet<string> s_schemes = new(StringComparer.OrdinalIgnoreCase)
    {
        "Basic", "Bearer", "Digest", "DPoP", "GNAP", "HOBA", "Mutual", "Negotiate", "OAuth", "PrivateToken", "SCRAM-SHA-1",
        "SCRAM-SHA-256", "vapid", "NTLM", "AWS4-HMAC-SHA256", "ApiKey", "Token", "SharedKey", "SharedKeyLite", "Hawk", "Signature",
    };

    private static readonly OrderedDictionary s_none = new OrderedDictionary().AsReadOnly();

    private string[]? _requestLine;
    private OrderedDictionary? _headers;

    /// <param name="connectionId">The number of the connection.</param>
    /// <param name="remote">The endpoint of the client.</param>
    /// <param name="head">The bytes of the request's head.</param>
    internal HttpRequestRecord(int connectionId, IPEndPoint remote, byte[] head)
    {
        Moment = DateTime.Now;
        Remote = remote;
        ConnectionId = connectionId;
        Head = head;
    }

    /// <param name="connectionId">The number of the connection.</param>
    /// <param name="remote">The endpoint of the client.</param>
    /// <param name="version">The HTTP version of a head that is malformed otherwise; empty if the fault came before it.</param>
    internal HttpRequestRecord(int connectionId, IPEndPoint remote, string version)
        : this(connectionId, remote, Array.Empty<byte>())
        => _requestLine = [string.Empty, string.Empty, version];

    /// <summary>When the head of the request was complete, in local time.</summary>
    public object Time => FileValue.With(Moment);

    /// <summary>The address and port of the client, as text that has an Address and a Port.</summary>
    public object RemoteEndPoint => EndPointText.Of(Remote);

    /// <summary>The number of the connection, unique in this process.</summary>
    public int ConnectionId { get; }

    /// <summary>The method, such as GET; WS for a message of a WebSocket; empty if the head is malformed.</summary>
    public string Method => MessageKind is null ? RequestLine[0] : "WS";

    /// <summary>The request target as received, such as /a%20b?c; empty if the head is malformed.</summary>
    public string Target => RequestLine[1];

    /// <summary>The HTTP version of the request, such as HTTP/1.1.</summary>
    public string Version => RequestLine[2];

    /// <summary>The status code of the answer; for a message of a WebSocket 0, and for its end the code of that.</summary>
    public int Status { get; internal set; }

    /// <summary>How many bytes of the answer's body were handed to the operating system, without the head.</summary>
    public long BytesSent { get; internal set; }

    /// <summary>How many bytes of the client went through the tunnel that it opened with CONNECT; null for other requests.</summary>
    public long? BytesReceived { get; internal set; }

    /// <summary>The milliseconds from the complete head of the request until the operating system had accepted the whole answer.</summary>
    public object Milliseconds => FileValue.With(Duration.TotalMilliseconds);

    /// <summary>The page that linked to the target, according to the client; null if it did not say.</summary>
    public string? Referer => HeaderTable["Referer"] as string;

    /// <summary>The client's name and version, according to the client; null if it did not say.</summary>
    public string? UserAgent => HeaderTable["User-Agent"] as string;

    /// <summary>The path of the file that was served; null if the answer was not a file.</summary>
    public string? File { get; internal set; }

    /// <summary>
    /// Whether the whole answer was handed to the operating system. False if the client left, or the file was truncated,
    /// before that.
    /// </summary>
    public bool Completed { get; internal set; }

    /// <summary>
    /// The header fields of the request; names are not case-sensitive. The values of a field that occurs several times
    /// are joined by ", " (RFC 9110, section 5.3). Credentials are masked: of Authorization, only the scheme is kept.
    /// </summary>
    public object Headers => FileValue.With(HeaderTable);

    /// <summary>The TLS of the connection, with the certificate of the client; null without TLS.</summary>
    public TlsInfo? Tls { get; internal init; }

    /// <summary>
    /// The bytes of the head. They become text only when a property is read, because most records of a busy server are
    /// just counted.
    /// </summary>
    internal byte[] Head { get; }

    internal OrderedDictionary HeaderTable => _headers ??= ReadFields(Fields());

    internal DateTime Moment { get; init; }

    internal IPEndPoint Remote { get; }

    internal TimeSpan Duration { get; set; }

    /// <summary>
    /// When the last of the answer began to be sent, as a timestamp of Stopwatch; without such a send, when the request ended, or the
    /// message came.
    /// </summary>
    internal long Sent { get; set; }

    /// <summary>The authenticated user; null if there is none.</summary>
    internal string? User { get; set; }

    /// <remarks>
    /// Whoever has an answer and sends the next request, on whatever connection, has the records in that order, even if the
    /// thread that sent the answer could not go on and the other request was recorded before.
    /// </remarks>
    long ISequenced.Order => Sent;

    int IWeighted.Length => OwnBytes + Head.Length + (BodyBytes?.Length ?? 0);

    private string[] RequestLine => _requestLine ??= HttpSyntax.ToText(Line).Split(' ');

    /// <summary>Method, target and status, such as "GET / 200"; of a message of a WebSocket its text.</summary>
    public override string ToString() => MessageKind is WebSocketMessageType.Text ? Text! : $"{Method} {Target} {Status}";

    /// <summary>The request line as received; empty if the head is malformed.</summary>
    internal ReadOnlySpan<byte> Line
    {
        get
        {
            ReadOnlySpan<byte> head = Head.AsSpan().TrimStart("\r\n"u8);
            return head[..Math.Max(head.IndexOf("\r\n"u8), 0)];
        }
    }

    /// <summary>The value of a field as received. If it occurs several times, the values are joined by ", ".</summary>
    internal ReadOnlySpan<byte> Field(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> value = default;
        bool isThere = false;
        FieldEnumerator fields = Fields();
        while (fields.MoveNext())
        {
            if (fields.Name.Length == name.Length && Ascii.EqualsIgnoreCase(fields.Name, name))
            {
                value = isThere ? (byte[])[.. value, .. ", "u8, .. fields.Value] : fields.Value;
                isThere = true;
            }
        }

        return value;
    }

    private FieldEnumerator Fields()
    {
        ReadOnlySpan<byte> head = Head.AsSpan().TrimStart("\r\n"u8);
        return new FieldEnumerator(head[(head.IndexOf("\r\n"u8) is >= 0 and int end ? end + 2 : head.Length)..]);
    }

    private static OrderedDictionary ReadFields(FieldEnumerator fields)
    {
        OrderedDictionary values = new(StringComparer.OrdinalIgnoreCase);
        while (fields.MoveNext())
        {
            string name = Encoding.Latin1.GetString(fields.Name);
            string value = HttpSyntax.ToText(fields.Value);
            if (IsSecret(name))
            {
                // Records are displayed, exported and mailed; passwords must not be.
                value = Mask(value);
            }

            values[name] = values[name] is string before ? $"{before}, {value}" : value;
        }

        return values;
    }

    /// <summary>Whether the field has credentials.</summary>
    internal static bool IsSecret(string name) => name.EndsWith("Authorization", StringComparison.OrdinalIgnoreCase);

    /// <summary>What may be shown of credentials: their scheme, if it is a known one. Anything else may be a secret itself.</summary>
    internal static string Mask(string value)
    {
        string scheme = value.Split(' ')[0];
        return scheme.Length < value.Length && s_schemes.Contains(scheme) ? $"{scheme} ***" : "***";
    }
}
