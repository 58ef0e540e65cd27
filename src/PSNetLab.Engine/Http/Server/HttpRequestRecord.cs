using System.Collections;
using System.Collections.Specialized;
using System.Net;
using System.Text;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Messages;

namespace PSNetLab;

/// <summary>One request a web server answered.</summary>
public sealed class HttpRequestRecord : IWeighted
{
    // Text is made of the bytes when somebody asks for it: most records of a busy server are only counted.
    private readonly byte[] _head;
    private string[]? _requestLine;
    private OrderedDictionary? _headers;

    /// <param name="connection">The connection it came on.</param>
    /// <param name="head">The bytes of its head.</param>
    internal HttpRequestRecord(HttpConnection connection, byte[] head)
    {
        Time = DateTime.Now;
        RemoteEndPoint = connection.RemoteEndPoint;
        ConnectionId = connection.Id;
        _head = head;
    }

    /// <param name="connection">The connection it came on.</param>
    /// <param name="requestLine">What was seen of method, target and version of a head that is not as it should be.</param>
    internal HttpRequestRecord(HttpConnection connection, string[] requestLine)
        : this(connection, Array.Empty<byte>())
        => _requestLine = requestLine;

    /// <summary>When the head of the request was complete, in local time.</summary>
    public DateTime Time { get; }

    /// <summary>The address and port of the client.</summary>
    public IPEndPoint RemoteEndPoint { get; }

    /// <summary>A number that tells the connection from every other of this process.</summary>
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

    /// <summary>The header fields of the request, by their names in any case; the values of one that came several times are joined by ", " (RFC 9110, section 5.3). Of Authorization, only the scheme.</summary>
    public IDictionary Headers => _headers ??= ReadHeaders();

    int IWeighted.Length => _head.Length;

    private string[] RequestLine => _requestLine ??= Lines()[0].Split(' ');

    /// <summary>The request line and the status.</summary>
    public override string ToString() => $"{Method} {Target} {Status}";

    private string[] Lines() => Encoding.Latin1.GetString(_head).TrimStart('\r', '\n').Split("\r\n");

    private OrderedDictionary ReadHeaders()
    {
        OrderedDictionary headers = new(StringComparer.OrdinalIgnoreCase);
        foreach (string line in _head.Length == 0 ? [] : Lines().AsSpan(1))
        {
            if (line.IndexOf(':', StringComparison.Ordinal) is > 0 and int colon)
            {
                string name = line[..colon];
                string value = line[(colon + 1)..].Trim(' ', '\t');
                if (name.EndsWith("Authorization", StringComparison.OrdinalIgnoreCase))
                {
                    // Records are shown, exported and mailed about; passwords are not to be.
                    value = $"{value.Split(' ')[0]} ***";
                }

                headers[name] = headers[name] is string before ? $"{before}, {value}" : value;
            }
        }

        return headers;
    }
}
