using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Checks;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Http.Files;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Proxies;
using PSNetLab.Engine.Servers;
using PSNetLab.Engine.Tcp;
using PSNetLab.Engine.Udp;

namespace PSNetLab.Engine.Tests;

/// <summary>What <see cref="FewDescriptorsTests"/> runs in a process with few descriptors.</summary>
internal static class FewDescriptorsRun
{
    internal static async Task RunAsync(bool isPortable)
    {
        Assert.Equal(!isPortable, EpollLoop.IsSupported);
        using WebFolder folder = new();

        // Loading code opens files, too; code that has run once needs no more of them.
        StartEach(folder);
        await ReserveIsKeptAsync(folder);
        await ReserveIsKeptByProxyAsync();
        await ChecksWaitAsync(folder);
        StartEachWithoutAny(folder);
        StartEach(folder);
    }

    private static async Task ReserveIsKeptAsync(WebFolder folder)
    {
        TestObserver observer = new();
        StreamServer server = Starting.Bind(new TcpServerOptions { Echo = true }).Started(observer);
        List<Peer> peers = [];
        while (observer.FaultCount == 0)
        {
            peers.Add(await Peer.ConnectAsync(server.LocalEndPoint));
            await Waiting.Until(() => server.ConnectionCount == peers.Count || observer.FaultCount > 0);
        }

        // Those it took are served; one more waits, and there is room for other things.
        NetLabException fault = (await observer.FaultAsync()).Fault;
        Assert.Equal(FaultKind.TooManyOpenFiles, fault.Kind);
        Assert.Contains("ulimit -n", fault.Message, StringComparison.Ordinal);
        Peer waiting = await Peer.ConnectAsync(server.LocalEndPoint);
        await waiting.SendAsync("late");
        WhileExhausted(static () => { }, out int left);
        Assert.InRange(left, Descriptors.Reserve - 10, Descriptors.Reserve);
        StartEach(folder);
        Assert.Equal(0, waiting.Socket.Available);

        peers.ForEach(peer => peer.Dispose());

        Assert.Equal("late", await waiting.ReadTextAsync("late"));
        waiting.Dispose();
        (await EchoAsync(server)).Dispose();
        Assert.Equal(0, observer.FaultCount);
        server.Stop();
        await server.Completion.Soon();
    }

    private static async Task ReserveIsKeptByProxyAsync()
    {
        TaskCompletionSource<NetLabException> told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using Socket upstream = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        upstream.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        UdpProxy proxy = UdpProxy.Bind(new UdpProxyOptions
        {
            Binding = new UdpBinding { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) },
            Upstream = (IPEndPoint)upstream.LocalEndPoint!,
            OnFault = (fault, _) => told.TrySetResult(fault),
        });
        proxy.Run();
        for (int sent = 1; !told.Task.IsCompleted; sent++)
        {
            using Socket client = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            client.SendTo([1], proxy.LocalEndPoint);
            await Waiting.Until(() => proxy.Totals.FromClients + proxy.Refused == sent);
        }

        NetLabException fault = await told.Task;
        Assert.Equal(FaultKind.TooManyOpenFiles, fault.Kind);
        Assert.Contains("ulimit -n", fault.Message, StringComparison.Ordinal);
        proxy.Stop();
        await proxy.Completion.Soon();
    }

    private static async Task ChecksWaitAsync(WebFolder folder)
    {
        StreamServer server = Starting.Bind(new StaticSiteOptions { Folder = folder.Path }).Started(new TestObserver());
        HttpUri uri = HttpUri.Parse($"http://{server.LocalEndPoint}/");
        Assert.Equal(HttpEndpointStatus.Passed, (await CheckAsync().Soon()).Status);

        // Nobody waits meanwhile: a new thread may need a descriptor, too.
        Task<HttpEndpointResult>? waiting = null;
        bool hasEnded = true;
        WhileExhausted(
            () =>
            {
                waiting = CheckAsync();
                hasEnded = waiting.IsCompleted;
            },
            out _);
        Assert.False(hasEnded);
        Assert.Equal(HttpEndpointStatus.Passed, (await waiting!.Soon()).Status);
        server.Stop();
        await server.Completion.Soon();

        Task<HttpEndpointResult> CheckAsync() => new HttpCheckRun(
            new() { IsExpected = static _ => true }, new CheckedNames(IPFamily.Any, Waiting.Limit, CancellationToken.None), uri)
            .RunAsync(1, CancellationToken.None);
    }

    private static async Task<Peer> EchoAsync(StreamServer server)
    {
        Peer peer = await Peer.ConnectAsync(server.LocalEndPoint);
        await peer.SendAsync("x");
        Assert.Equal("x", await peer.ReadTextAsync("x"));
        return peer;
    }

    private static void StartEachWithoutAny(WebFolder folder) => WhileExhausted(
        () =>
        {
            foreach (Action start in Starts(folder))
            {
                NetLabException fault = Assert.Throws<NetLabException>(start);
                Assert.Equal(FaultKind.TooManyOpenFiles, fault.Kind);
                Assert.Contains("ulimit -n", fault.Message, StringComparison.Ordinal);
            }
        },
        out _);

    private static void StartEach(WebFolder folder)
    {
        foreach (Action start in Starts(folder))
        {
            start();
        }
    }

    private static Action[] Starts(WebFolder folder) =>
    [
        () => Starting.Bind(new TcpServerOptions()).Stop(),
        () => Starting.Bind(new StaticSiteOptions { Folder = folder.Path }).Stop(),
        () => UdpServer.Bind(new UdpServerOptions()).Stop(),
    ];

    private static void WhileExhausted(Action action, out int opened)
    {
        List<Socket> all = [];
        try
        {
            while (true)
            {
                all.Add(new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
            }
        }
        catch (SocketException)
        {
            opened = all.Count;
        }

        try
        {
            action();
        }
        finally
        {
            all.ForEach(socket => socket.Dispose());
        }
    }
}
