using System.Diagnostics;
using System.Net.Sockets;
using PSNetLab.Engine.Http.Files;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Tests;

/// <summary>Stopping a web server, whatever its connections are doing.</summary>
public sealed class HttpServerStopTests : IDisposable
{
    // A second of grace, and what a loaded machine needs beside it.
    private static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(30);

    private readonly WebFolder _folder = new();

    public HttpServerStopTests() => _folder.Write("a", "a");

    /// <summary>What a client has sent when the server stops, and the status of the answer to it; 0 for none.</summary>
    public static TheoryData<string, int, bool> Phases
    {
        get
        {
            TheoryData<string, int, bool> phases = [];
            foreach (bool tls in new[] { false, true })
            {
                phases.Add(string.Empty, 0, tls);
                phases.Add("GET /a HT", 0, tls);
                phases.Add("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf", 405, tls);
                phases.Add("nonsense\r\n\r\n", 400, tls);
            }

            return phases;
        }
    }

    public static TheoryData<TransportKind> Kinds => new(TransportPair.Kinds);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Phases))]
    public async Task Clients_that_stay_do_not_hold_it_up(string sent, int status, bool tls)
    {
        await using TestHttpServer server = new(_folder, Options(tls));
        using HttpPeer used = await server.ConnectAsync(tls);
        Assert.Equal(200, (await used.GetAsync("/a")).Status);
        long before = server.Server.Totals.BytesReceived;
        using HttpPeer peer = await server.ConnectAsync(tls);
        await peer.SendAsync(sent);
        await Waiting.Until(() => server.Server.ConnectionCount == 2 && server.Server.Totals.BytesReceived == before + sent.Length);
        if (status > 0)
        {
            Assert.Equal(status, (await peer.AnswerAsync()).Status);
        }

        await AssertStopsAsync(server);

        Assert.Empty(await used.RestAsync());
        Assert.Empty(await peer.RestAsync());
        Assert.Empty(server.Observer.FaultsLeft());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_does_not_read_does_not_hold_it_up(bool tls)
    {
        _folder.Write("large", WebFolder.Noise(32 * 1024 * 1024));
        await using TestHttpServer server = new(_folder, Options(tls));
        using HttpPeer peer = await server.ConnectAsync(tls);
        await peer.SendAsync("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
        await peer.FillAsync(1);

        await AssertStopsAsync(server);

        Assert.InRange((await peer.RestAsync()).Length, 1, 32 * 1024 * 1024);
        Assert.Equal(1, server.RecordCount);
        Assert.Empty(server.Observer.FaultsLeft());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_under_way_to_a_client_that_reads_arrives(bool tls)
    {
        byte[] content = WebFolder.Noise(32 * 1024 * 1024);
        _folder.Write("large", content);
        await using TestHttpServer server = new(_folder, Options(tls));
        using HttpPeer peer = await server.ConnectAsync(tls);
        await peer.SendAsync("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
        await peer.FillAsync(1);

        server.Server.Stop();

        // A loaded machine may not get it all through within the second of grace; then the end comes early, but what came is right.
        byte[] came = await peer.RestAsync();
        int headLength = came.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        Assert.True(content.AsSpan().StartsWith(came.AsSpan(headLength)));
        await server.Server.Completion.Soon();
        Assert.Equal(came.Length - headLength == content.Length, server.Records()[0].Completed);
    }

    /// <summary>
    /// Nothing moves meanwhile, but that is not the silence which ends a connection after a tenth of a second. The answer is longer than
    /// the buffers: one that fits would still leave a connection that was ended too early.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task An_answer_that_is_being_made_still_arrives_and_is_the_last(bool tls) => Waiting.Within(StopGrace.Longest, async () =>
    {
        const int Length = 8 * 1024 * 1024;
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        HttpServerOptions options = new() { Tls = tls ? Certificates.Tls : null };
        SlowHandler handler = new(async exchange =>
        {
            asked.SetResult();
            await release.Task;
            exchange.Answer(200, [], Content.Of(new byte[Length]));
        });
        TestObserver observer = new();
        StreamServer server = StreamServer.Bind(options, new HttpStreamHandler(options, handler)).Started(observer);
        using HttpPeer peer = await HttpPeer.ConnectAsync(server.LocalEndPoint, tls);
        await peer.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await asked.Task.Soon();

        server.Stop();
        await Task.Delay(300);
        release.SetResult();

        HttpAnswer answer = await peer.AnswerAsync();
        Assert.Equal((200, "close", Length), (answer.Status, answer["Connection"], answer.Body.Length));
        Assert.Empty(await peer.RestAsync());
        await server.Completion.Soon();
        Assert.Empty(observer.FaultsLeft());
    });

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_request_whose_end_comes_in_time_is_answered_and_is_the_last(TransportKind kind)
    {
        const string Request = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf";
        await using ServedConnection served = await ServedConnection.StartHandlerAsync(kind, async exchange =>
        {
            await exchange.ReadBodyAsync(10);
            exchange.Answer(200, []);
        });
        await served.Client.SendAsync(Request);
        await Waiting.Until(() => served.Connection.Totals.BytesReceived == Request.Length);

        served.IsStopping = true;
        served.Connection.BeginStop();

        await served.Client.SendAsync("second" + "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
        HttpAnswer answer = await served.Client.AnswerAsync();
        Assert.Equal((200, "close"), (answer.Status, answer["Connection"]));
        await served.Client.AssertClosedAsync();
    }

    [Fact]
    public async Task The_port_is_free_before_Stop_returns()
    {
        for (int round = 0; round < 20; round++)
        {
            await using TestHttpServer server = new(_folder, new() { Folder = _folder.Path, EndPoint = Ports.Free() });
            using HttpPeer peer = await server.ConnectAsync();
            Assert.Equal(200, (await peer.GetAsync("/a")).Status);

            server.Server.Stop();

            using Socket again = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            again.Bind(server.EndPoint);
            again.Listen(1);
        }
    }

    [Fact]
    public async Task Stopping_while_clients_storm_in_ends_every_one()
    {
        for (int round = 0; round < 10; round++)
        {
            await using TestHttpServer server = new(_folder, new() { Folder = _folder.Path, MaxConnections = 3 });
            bool isOver = false;
            int answered = 0;
            Task storm = Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(async () =>
            {
                while (!Volatile.Read(ref isOver))
                {
                    try
                    {
                        using HttpPeer peer = await server.ConnectAsync();
                        Assert.Contains((await peer.GetAsync("/a")).Status, new[] { 200, 503 });
                        Interlocked.Increment(ref answered);
                    }
                    catch (Exception error) when (error is SocketException or IOException)
                    {
                        // Too late: refused, closed or reset.
                    }
                }
            })));
            await Waiting.Until(() => Volatile.Read(ref answered) > 10);

            await AssertStopsAsync(server);
            Volatile.Write(ref isOver, true);
            await storm.Soon();
            Assert.Equal(0, server.Server.ConnectionCount);
        }
    }

    private static async Task AssertStopsAsync(TestHttpServer server)
    {
        long start = Stopwatch.GetTimestamp();
        server.Server.Stop();
        await server.Server.Completion.Soon();
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, s_stopLimit);
    }

    // Deadlines that cannot be what ends a connection.
    private StaticSiteOptions Options(bool tls) => new()
    {
        Folder = _folder.Path,
        RequestTimeout = TimeSpan.FromHours(1),
        KeepAliveTimeout = TimeSpan.FromHours(1),
        Tls = tls ? Certificates.Tls : null,
    };
}
