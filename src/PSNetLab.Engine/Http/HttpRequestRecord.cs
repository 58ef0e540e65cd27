using System.Net;

namespace PSNetLab.Engine;

/// <summary>One request a web server answered.</summary>
public sealed class HttpRequestRecord : IWeighted
{
    internal HttpRequestRecord(HttpConnection connection, string method, string target, string version)
    {
        Time = DateTime.Now;
        RemoteEndPoint = connection.RemoteEndPoint;
        ConnectionId = connection.Id;
        Method = method;
        Target = target;
        Version = version;
    }

    /// <summary>When the head of the request was complete, in local time.</summary>
    public DateTime Time { get; }

    /// <summary>The address and port of the client.</summary>
    public IPEndPoint RemoteEndPoint { get; }

    /// <summary>A number that tells the connection from every other of this process.</summary>
    public int ConnectionId { get; }

    /// <summary>The method, such as GET. Of a request that could not be read, nothing.</summary>
    public string Method { get; }

    /// <summary>The request target as it came, such as /a%20b?c.</summary>
    public string Target { get; }

    /// <summary>The version of HTTP the client speaks, such as HTTP/1.1.</summary>
    public string Version { get; }

    /// <summary>The status code of the answer.</summary>
    public int Status { get; internal set; }

    /// <summary>The bytes of the answer's body that the system has taken to send, without its head.</summary>
    public long BytesSent { get; internal set; }

    /// <summary>The time from the complete head of the request until the system had taken the answer.</summary>
    public TimeSpan Duration { get; internal set; }

    /// <summary>The page the client came from, as it says.</summary>
    public string? Referer { get; internal set; }

    /// <summary>What the client says it is.</summary>
    public string? UserAgent { get; internal set; }

    /// <summary>The path of the file that was served; nothing where there was none.</summary>
    public string? Path { get; internal set; }

    /// <summary>Whether the whole answer was handed to the system: not when the client left, or the file shrank, in the middle.</summary>
    public bool Completed { get; internal set; }

    int IWeighted.Length => 2 * (Method.Length + Target.Length + (Referer?.Length ?? 0) + (UserAgent?.Length ?? 0));

    /// <summary>The request line and the status.</summary>
    public override string ToString() => $"{Method} {Target} {Status}";
}
