using System.Net;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Servers;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Engine.Tests;

/// <summary>A server with its observer and mailbox, stopped at the end of the test.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    internal TestServer(TcpServerOptions? options = null, int limit = 1_000_000, WhenFull whenFull = WhenFull.Wait, bool keeps = true)
    {
        Mailbox = new Mailbox<TcpMessage>(limit, whenFull);
        Server = Starting.Bind((options ?? new()) with { Sink = keeps ? Mailbox : null }).Started(Observer);
    }

    internal StreamServer Server { get; }

    internal TestObserver Observer { get; } = new();

    internal Mailbox<TcpMessage> Mailbox { get; }

    internal IPEndPoint EndPoint => (IPEndPoint)Server.LocalEndPoint;

    internal Task<Peer> ConnectAsync() => Peer.ConnectAsync(EndPoint);

    /// <summary>The next message the server recorded.</summary>
    internal async Task<TcpMessage> MessageAsync() => (await MessagesAsync(1))[0];

    internal Task<List<TcpMessage>> MessagesAsync(int count) => Mailbox.TakeAsync(count);

    public async ValueTask DisposeAsync()
    {
        Mailbox.Complete();
        Server.Stop();
        await Server.Completion.Soon();
    }
}
