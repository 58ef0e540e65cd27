using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Http.Files;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Tests;

/// <summary>One connection of a web server over a transport of choice, without the server around it.</summary>
internal sealed class ServedConnection : IServerHost, IAsyncDisposable
{
    private readonly Mailbox<HttpRequestRecord> _records = new(100_000, WhenFull.Drop);

    private readonly StaticSiteHandler? _site;

    private ServedConnection(Transport transport, HttpPeer client, HttpServerOptions options, IHttpHandler? handler, bool isTurnedAway)
    {
        Client = client;
        Clock = options.Clock as FakeTimeProvider ?? new FakeTimeProvider(DateTimeOffset.UtcNow);
        options = options with { Observer = new Recorder(this), Clock = Clock };
        handler ??= _site = new StaticSiteHandler((StaticSiteOptions)options);
        Connection = new HttpConnection(transport, options, handler, this, isTurnedAway);
        Ended = Connection.ServeAsync();
    }

    internal HttpPeer Client { get; }

    /// <summary>The time of the connection, which stands still unless the test lets it pass.</summary>
    internal FakeTimeProvider Clock { get; }

    internal WebSite Site => _site!.Site;

    internal HttpConnection Connection { get; }

    /// <summary>Completes, without a fault, when the connection is closed.</summary>
    internal Task Ended { get; }

    public EndPoint LocalEndPoint => new IPEndPoint(IPAddress.Loopback, 80);

    public bool IsStopping { get; set; }

    internal List<NetLabException> Faults { get; } = [];

    /// <summary>Called after an answer was sent and before its record is written.</summary>
    internal Action? BeforeRecord { get; set; }

    public void Report(NetLabException fault, EndPoint target) => Faults.Add(fault);

    internal static Task<ServedConnection> StartAsync(TransportKind kind, StaticSiteOptions options, bool isTurnedAway = false)
        => StartAsync(kind, options, handler: null, isTurnedAway);

    /// <summary>Serves what a handler does away from the loop.</summary>
    internal static Task<ServedConnection> StartHandlerAsync(TransportKind kind, Func<HttpExchange, ValueTask> handle)
        => StartAsync(kind, new HttpServerOptions(), new SlowHandler(handle));

    internal static async Task<ServedConnection> StartAsync(
        TransportKind kind, HttpServerOptions options, IHttpHandler? handler, bool isTurnedAway = false)
    {
        (Socket client, Socket server) = await TransportPair.ConnectSocketsAsync();
        if (kind != TransportKind.Tls)
        {
            HttpPeer plain = new(new Peer(client), new NetworkStream(client));
            return new ServedConnection(TransportPair.Open(server, kind == TransportKind.Portable), plain, options, handler, isTurnedAway);
        }

        Task<TlsTransport> accepting = TlsTransport.AcceptAsync(
            Transport.Create(server), Certificates.ServerOptions, CancellationToken.None);
        HttpPeer peer = await HttpPeer.OverAsync(new Peer(client), tls: true);
        return new ServedConnection(await accepting.Soon(), peer, options, handler, isTurnedAway);
    }

    /// <summary>Whether readers of records wait for this connection now.</summary>
    /// <remarks>For <see cref="BeforeRecord"/>: while that runs, such a reader waits until its patience ends.</remarks>
    internal bool HoldsReaders()
    {
        long start = Stopwatch.GetTimestamp();
        _records.Handover.Wait();
        return Stopwatch.GetElapsedTime(start) > TimeSpan.FromMilliseconds(100);
    }

    /// <summary>The records that are there now.</summary>
    internal List<HttpRequestRecord> Records()
    {
        HttpRequestRecord[] taken = new HttpRequestRecord[_records.Count];
        return [.. taken.AsSpan(0, _records.Take(taken))];
    }

    /// <summary>The next record; waits for it if needed.</summary>
    internal async Task<HttpRequestRecord> RecordAsync()
    {
        HttpRequestRecord[] record = new HttpRequestRecord[1];
        await _records.WaitForDataAsync(CancellationToken.None).Soon();
        _records.Take(record);
        return record[0];
    }

    /// <summary>Lets time pass until a condition is met, a step a look.</summary>
    internal Task PassAsync(int milliseconds, Func<bool> condition) => Waiting.Until(
        () =>
        {
            Clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
            return condition();
        },
        tries: 0);

    /// <summary>Lets time pass as it does for a server: with a look at the deadline from time to time.</summary>
    internal Task PassServingAsync(int milliseconds, Func<bool> condition) => PassAsync(milliseconds, () =>
    {
        Connection.CheckDeadline();
        return condition();
    });

    /// <summary>Lets time pass until the connection has done something and waits again.</summary>
    internal Task PassToWaitingAsync() => PassAsync(1, () => Connection.IdleMilliseconds > 0);

    /// <summary>Waits until the answer has stopped because the client does not read it.</summary>
    internal async Task PassToStuckAsync()
    {
        await Waiting.Until(() => Client.Socket.Available > 10_000);
        await PassAsync(2, () => Connection.IdleMilliseconds > 200);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Ended.Soon();
    }

    private sealed class Recorder(ServedConnection served) : IHttpObserver
    {
        private readonly HttpRecorder _inner = new(served._records, served._records.Handover, log: null);

        public Handover Handover => _inner.Handover;

        public void Answered(ReadOnlySpan<HttpRequestRecord> records)
        {
            served.BeforeRecord?.Invoke();
            _inner.Answered(records);
        }

        public void Told(HttpRequestRecord message) => _inner.Told(message);
    }
}
