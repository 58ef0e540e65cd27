using System.Globalization;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace PSNetLab.Engine.Tests;

/// <summary>Clients that come and go at any moment leave nothing behind.</summary>
public sealed class HttpServerLeakTests : IDisposable
{
    private const string Requests = "GET /small HTTP/1.1\r\nHost: a\r\n\r\nGET /large HTTP/1.1\r\nHost: a\r\n\r\nGET /large "
        + "HTTP/1.1\r\nHost: a\r\nRange: bytes=0-9,100000-\r\n\r\n"
        + "GET /text.txt HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br\r\n\r\nGET /none HTTP/1.1\r\nHost: a\r\n\r\nGET /folder/ "
        + "HTTP/1.1\r\nHost: a\r\n\r\n"
        + "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n01234567890123456789GET /small HTTP/1.0\r\n\r\n";

    private readonly WebFolder _folder = new();

    public HttpServerLeakTests()
    {
        _folder.Write("small", "small");
        _folder.Write("large", WebFolder.Noise(4 * 1024 * 1024));
        _folder.Write("text.txt", WebFolder.Prose(20_000));
        _folder.Write("folder/a", "a");
    }

    public void Dispose() => _folder.Dispose();

    [LinuxFact]
    public async Task Of_a_thousand_connections_dropped_at_random_moments_nothing_is_left()
    {
        await using TestHttpServer server = new(_folder, new() { Folder = _folder.Path, Browse = true, MaxConnections = 40 });
        List<WeakReference> connections = [];

        await DropManyAsync(server, connections);

        await Waiting.Until(() => server.Server.ConnectionCount == 0);
        await Waiting.Until(() => OpenFiles().All(path => !path.StartsWith(_folder.Path, StringComparison.Ordinal)));
        await Waiting.Until(() => Sockets(server.EndPoint.Port) == 1); // the one that listens
        Assert.NotEmpty(connections);
        await Waiting.Until(() =>
        {
            GC.Collect();
            return connections.TrueForAll(connection => !connection.IsAlive);
        });
        Assert.All(server.Observer.FaultsLeft(), fault => Assert.Equal(FaultKind.TooManyConnections, fault.Kind));

        using HttpPeer peer = await server.ConnectAsync();
        Assert.Equal("small", (await peer.GetAsync("/small")).Text);
    }

    // In a method of its own, so that no variable of it keeps anything alive.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Task DropManyAsync(TestHttpServer server, List<WeakReference> connections)
        => Task.WhenAll(Enumerable.Range(0, 50).Select(seed => Task.Run(async () =>
        {
            Random random = new(seed);
            for (int i = 0; i < 20; i++)
            {
                await DropAsync(server, random);
                lock (connections)
                {
                    connections.AddRange(server.Server.Connections.Select(connection => new WeakReference(connection)));
                }
            }
        })));

    private static async Task DropAsync(TestHttpServer server, Random random)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.EndPoint);
        try
        {
            await socket.SendAsync(HttpHead.Bytes(Requests[..random.Next(Requests.Length + 1)]));
            byte[] buffer = new byte[random.Next(1, 64 * 1024)];
            using CancellationTokenSource patience = new(random.Next(30));
            while (random.Next(20) > 0 && await socket.ReceiveAsync(buffer, patience.Token) > 0)
            {
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            // Turned away, or tired of waiting.
        }

        if (random.Next(2) == 0)
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0); // a reset
        }
    }

    private static List<string> OpenFiles()
    {
        List<string> paths = [];
        foreach (string link in Directory.EnumerateFiles("/proc/self/fd"))
        {
            if (new FileInfo(link).LinkTarget is { } path)
            {
                paths.Add(path);
            }
        }

        return paths;
    }

    /// <summary>
    /// The sockets of this side of a port that a process still holds (proc_pid_net(5):
    /// local address in the second column, inode in the tenth).
    /// </summary>
    private static int Sockets(int port) => File.ReadLines("/proc/net/tcp").Skip(1)
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Count(columns => columns[1].EndsWith(port.ToString("X4", CultureInfo.InvariantCulture), StringComparison.Ordinal)
            && columns[9] != "0");
}
