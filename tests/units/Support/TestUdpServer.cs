using System.Collections.Concurrent;
using System.Net;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Udp;

namespace PSNetLab.Engine.Tests;

/// <summary>A server with its mailbox and faults, stopped at the end of the test.</summary>
internal sealed class TestUdpServer : IAsyncDisposable
{
    internal TestUdpServer(UdpServerOptions? options = null, int limit = 1_000_000, WhenFull whenFull = WhenFull.Wait)
    {
        Mailbox = new Mailbox<UdpMessage>(limit, whenFull);
        Server = UdpServer.Bind(
            (options ?? new()) with { Sink = Mailbox, OnFault = (fault, target) => Faults.Enqueue((fault, target)) }).Started();
    }

    internal UdpServer Server { get; }

    internal Mailbox<UdpMessage> Mailbox { get; }

    internal ConcurrentQueue<(NetLabException Fault, EndPoint Target)> Faults { get; } = new();

    internal IPEndPoint EndPoint => Server.LocalEndPoint;

    internal Task<List<UdpMessage>> MessagesAsync(int count) => Mailbox.TakeAsync(count);

    public async ValueTask DisposeAsync()
    {
        Mailbox.Complete();
        Server.Stop();
        await Server.Completion.Soon();
    }
}
