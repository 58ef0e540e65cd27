using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Http.Forward;
using PSNetLab.Engine.Http.Recordings;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Tests;

/// <summary>A web server that passes on to another one what its routes do not answer.</summary>
internal sealed class ForwardServer : IAsyncDisposable
{
    private readonly StubServer _server;

    internal ForwardServer(HttpUri upstream, params HttpRoute[] routes)
        : this(new UpstreamOptions { Uri = upstream }, routes)
    {
    }

    internal ForwardServer(UpstreamOptions upstream, params HttpRoute[] routes)
        : this(upstream, null, routes)
    {
    }

    internal ForwardServer(UpstreamOptions upstream, Recorder? recorder, params HttpRoute[] routes)
    {
        Forwarder = new Forwarder(upstream, recorder);
        _server = new StubServer(new StubOptions { Upstream = Forwarder }, routes);
    }

    internal Forwarder Forwarder { get; }

    internal StubServer Server => _server;

    internal Task<HttpPeer> ConnectAsync() => _server.ConnectAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
