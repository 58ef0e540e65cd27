using System.Collections;
using System.Collections.Specialized;
using System.Net;
using System.Text;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Messages;

namespace PSNetLab;

/// <summary>One request a web server answered.</summary>
public sealed class HttpRequestRecord : IWeighted
{
    private string[]? _requestLine;
    private OrderedDictionary? _headers;

    /// <param name="connectionId">The number of the connection it came on.</param>
    /// <param name="remote">The client.</param>
    /// <param name="head">The bytes of its head.</param>
    internal HttpRequestRecord(int connectionId, IPEndPoint remote, byte[] head)
    {
        Time = DateTime.Now;
        RemoteEndPoint = remote;
        ConnectionId = connectionId;
        Head = head;
    }

    /// <param name="connectionId">The number of the connection it came on.</param>
    /// <param name="remote">The client.</param>
    /// <param name="version">What was seen of a head that is not as it should be: its version, or nothing.</param>
    internal HttpRequestRecord(int connectionId, IPEndPoint remote, string version)
        : this(connectionId, remote, Array.Empty<byte>())
        => _requestLine = [string.Empty, string.Empty, version];

    /// <summary>When the head of the request was complete, in local time.</summary>
    public DateTime Time { get; internal init; }

    /// <summary>The address and port of the client.</summary>
    public IPEndPoint RemoteEndPoint { get; }

    /// <summary>A number that identifies the connection in this process.</summary>
    public int ConnectionId { get; }

    /// <summary>The method, such as GET. Of a request that could not be read, nothing.</summary>
    public string Method => RequestLine[0];

    /// <summary>The request target as it came, such as /a%20b?c.</summary>
    public string Target => RequestLine[1];

    /// <summary>The version of HTTP the client speaks, such as HTTP/1.1.</summary>
    public string Version => RequestLine[2];

    /// <summary>The status code of the answer.</summary>
    public int Status { get; internal set; }

    /// <summary>The bytes of the answer's body that the system has taken to send, without its head.</summary>
    public long BytesSent { get; internal set; }

    /// <summary>The time from the complete head of the request until the system had taken the answer.</summary>
    public TimeSpan Duration { get; internal set; }

    /// <summary>The page the client came from, as it says.</summary>
    public string? Referer => Headers["Referer"] as string;

    /// <summary>What the client says it is.</summary>
    public string? UserAgent => Headers["User-Agent"] as string;

    /// <summary>The path of the file that was served; nothing where there was none.</summary>
    public string? Path { get; internal set; }

    /// <summary>Whether the whole answer was handed to the system: not when the client left, or the file shrank, in the middle.</summary>
    public bool Completed { get; internal set; }

    /// <summary>
    /// The header fields of the request, by their names in any case; the values of one that came several times are joined
    /// by ", " (RFC 9110, section 5.3). Of Authorization, only the scheme.
    /// </summary>
    public IDictionary Headers => _headers ??= ReadHeaders();

    /// <summary>
    /// The bytes of the head. Text is made of them when somebody asks for it: most records of a busy server are only
    /// counted.
    /// </summary>
    internal byte[] Head { get; }

    /// <summary>Who the client has shown to be; null for anybody.</summary>
    internal string? User { get; set; }

    int IWeighted.Length => Head.Length;

    private string[] RequestLine => _requestLine ??= Encoding.Latin1.GetString(Line).Split(' ');

    /// <summary>The request line and the status.</summary>
    public override string ToString() => $"{Method} {Target} {Status}";

    /// <summary>Method, target and version as they came; empty where the head is.</summary>
    internal ReadOnlySpan<byte> Line
    {
        get
        {
            ReadOnlySpan<byte> head = Head.AsSpan().TrimStart("\r\n"u8);
            return head[..Math.Max(head.IndexOf("\r\n"u8), 0)];
        }
    }

    /// <summary>The value of a field as it came; of one that came several times, joined by ", ".</summary>
    internal ReadOnlySpan<byte> Field(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> value = default;
        bool isThere = false;
        FieldEnumerator fields = Fields();
        while (fields.MoveNext())
        {
            if (fields.Name.Length == name.Length && Ascii.EqualsIgnoreCase(fields.Name, name))
            {
                if (isThere)
                {
                    return Encoding.Latin1.GetBytes((string)Headers[Encoding.ASCII.GetString(name)]!);
                }

                isThere = true;
                value = fields.Value;
            }
        }

        return value;
    }

    private FieldEnumerator Fields()
    {
        ReadOnlySpan<byte> head = Head.AsSpan().TrimStart("\r\n"u8);
        return new FieldEnumerator(head[(head.IndexOf("\r\n"u8) is >= 0 and int end ? end + 2 : head.Length)..]);
    }

    private OrderedDictionary ReadHeaders()
    {
        OrderedDictionary headers = new(StringComparer.OrdinalIgnoreCase);
        FieldEnumerator fields = Fields();
        while (fields.MoveNext())
        {
            string name = Encoding.Latin1.GetString(fields.Name);
            string value = Encoding.Latin1.GetString(fields.Value);
            if (name.EndsWith("Authorization", StringComparison.OrdinalIgnoreCase))
            {
                // Records are shown, exported and mailed about; passwords are not to be.
                value = $"{value.Split(' ')[0]} ***";
            }

            headers[name] = headers[name] is string before ? $"{before}, {value}" : value;
        }

        return headers;
    }
}
