using System.Net;
using PSNetLab.Engine.Http.Files;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Tests;

/// <summary>A web server over a folder of its own, stopped at the end of the test.</summary>
internal sealed class TestHttpServer : IAsyncDisposable
{
    private readonly Mailbox<HttpRequestRecord> _records = new(100_000, WhenFull.Drop);

    internal TestHttpServer(WebFolder folder, StaticSiteOptions? options = null)
        => Server =
            Starting.Bind((options ?? new() { Folder = folder.Path }) with { Observer = new HttpRecorder(_records, _records.Handover,
                log: null) }).Started(Observer);

    internal StreamServer Server { get; }

    internal TestObserver Observer { get; } = new();

    internal IPEndPoint EndPoint => (IPEndPoint)Server.LocalEndPoint;

    internal int RecordCount => _records.Count;

    /// <summary>The records that are there, and stay there.</summary>
    internal List<HttpRequestRecord> Records() => [.. Enumerable.Range(0, _records.Count).Select(index => _records.PeekAt(index)!)];

    internal Task<HttpPeer> ConnectAsync(bool tls = false) => HttpPeer.ConnectAsync(EndPoint, tls);

    public async ValueTask DisposeAsync()
    {
        Server.Stop();
        await Server.Completion.Soon();
    }
}
