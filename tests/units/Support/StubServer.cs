using System.Net;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Http.Stub;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Tests;

/// <summary>A web server of routes, stopped at the end of the test.</summary>
internal sealed class StubServer : IAsyncDisposable
{
    private readonly Mailbox<HttpRequestRecord> _records = new(200_000, WhenFull.Drop);

    internal StubServer(params HttpRoute[] routes)
        : this(new StubOptions(), routes)
    {
    }

    internal StubServer(StubOptions options, params HttpRoute[] routes)
    {
        options = options with
        {
            JournalLimit = 1000,
            OnUnmatched = (_, text) => Unmatched.Add(text),
            Observer = new HttpRecorder(_records, _records.Handover, log: null),
        };
        Handler = new StubHandler(options, routes);
        Server = StreamServer.Bind(options, new HttpStreamHandler(options, Handler)).Started(Observer);
    }

    internal StubHandler Handler { get; }

    internal StreamServer Server { get; }

    internal TestObserver Observer { get; } = new();

    internal List<string> Unmatched { get; } = [];

    internal IPEndPoint EndPoint => (IPEndPoint)Server.LocalEndPoint;

    /// <summary>A route that answers with a text.</summary>
    internal static HttpRoute Route(string target, params string[] texts) => Route(target, new RouteSettings(), texts);

    internal static HttpRoute Route(string target, RouteSettings settings, params string[] texts)
        => new(Criteria(target), [.. texts.Select(text => new StubAnswer { Bytes = HttpHead.Bytes(text) })], settings);

    /// <summary>Method, if there is one, and path.</summary>
    internal static RequestCriteria Criteria(string target)
    {
        string[] parts = target.StartsWith('/') ? [target] : target.Split(' ', 2);
        string path = parts[^1];
        return new RequestCriteria { Methods = parts.Length == 1 ? [] : [parts[0]], Path = path == "*" ? null : PathPattern.Parse(path) };
    }

    /// <summary>A request as a record.</summary>
    internal static HttpRequestRecord Request(string line, string fields = "", string body = "")
        => new(1, new IPEndPoint(IPAddress.Loopback, 1),
            HttpHead.Bytes($"{line} HTTP/1.1\r\nHost: a\r\n{fields}\r\n")) { BodyBytes = HttpHead.Bytes(body) };

    internal Task<HttpPeer> ConnectAsync() => HttpPeer.ConnectAsync(EndPoint);

    internal async Task<HttpAnswer> AskAsync(string method, string target, params string[] fields)
    {
        using HttpPeer peer = await ConnectAsync();
        return await peer.AskAsync(method, target, fields);
    }

    internal List<HttpRequestRecord> Records() => [.. Enumerable.Range(0, _records.Count).Select(index => _records.PeekAt(index)!)];

    public async ValueTask DisposeAsync()
    {
        Server.Stop();
        await Server.Completion.Soon();
    }
}
