using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Servers;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Engine.Tests;

/// <summary>A server over handlers and observers that fail: every accepted socket is closed, and the server goes on.</summary>
public class StreamServerTests
{
    [Theory]
    [InlineData(nameof(IStreamHandler.Connect))]
    [InlineData(nameof(IServedConnection.ServeAsync))]
    [InlineData("later")]
    [InlineData(nameof(IServedConnection.CheckDeadline))]
    public async Task A_handler_that_throws_costs_its_connection_and_no_more(string where)
    {
        TestObserver observer = new();
        Handler handler = new() { Throws = where };
        StreamServer server = StreamServer.Bind(new TcpServerOptions(), handler).Started(observer);
        using (Peer peer = await Peer.ConnectAsync(server.LocalEndPoint))
        {
            Assert.Contains("on purpose", (await observer.FaultAsync()).Fault.Message, StringComparison.Ordinal);
            if (where == nameof(IServedConnection.CheckDeadline))
            {
                Assert.Equal("x", await peer.ReadTextAsync("x"));
                handler.Connections.Single().Abort();
            }

            Assert.Empty(await peer.ReadToEndAsync());
        }

        handler.Throws = null;
        using Peer next = await Peer.ConnectAsync(server.LocalEndPoint);
        Assert.Equal("x", await next.ReadTextAsync("x"));
        next.Dispose();
        await Waiting.Until(() => server.ConnectionCount == 0);
        server.Stop();
        await server.Completion.Soon();
        Assert.True(handler.IsClosed);
        Assert.All(handler.Connections, connection => Assert.True(connection.IsDisposed));
    }

    [Fact]
    public async Task An_observer_that_throws_costs_nothing()
    {
        StreamServer server = Starting.Bind(
            new TcpServerOptions { Echo = true, MaxConnections = 1, Filter = new AddressFilter(null, ["127.0.0.2"]) })
            .Started(new ThrowingObserver());
        using (Peer first = await Peer.ConnectAsync(server.LocalEndPoint))
        {
            await first.SendAsync("x");
            Assert.Equal("x", await first.ReadTextAsync("x"));
            using Peer tooMany = await Peer.ConnectAsync(server.LocalEndPoint);
            Assert.Empty(await tooMany.ReadToEndAsync());
            using Socket denied = new(SocketType.Stream, ProtocolType.Tcp);
            denied.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
            await denied.ConnectAsync(server.LocalEndPoint).Soon();
            using Peer turnedAway = new(denied);
            Assert.Empty(await turnedAway.ReadToEndAsync());
        }

        await Waiting.Until(() => server.ConnectionCount == 0);
        using (Peer next = await Peer.ConnectAsync(server.LocalEndPoint))
        {
            await next.SendAsync("y");
            Assert.Equal("y", await next.ReadTextAsync("y"));
        }

        Assert.Equal(2, server.Refused);
        server.Stop();
        await server.Completion.Soon();
    }

    [Fact]
    public async Task Those_turned_away_are_served_apart_and_end_with_the_server()
    {
        TestObserver observer = new();
        Handler handler = new() { MostTurnedAway = 1 };
        StreamServer server = StreamServer.Bind(new TcpServerOptions { MaxConnections = 1 }, handler).Started(observer);
        using Peer first = await Peer.ConnectAsync(server.LocalEndPoint);
        Assert.Equal("x", await first.ReadTextAsync("x"));
        using Peer second = await Peer.ConnectAsync(server.LocalEndPoint);
        Assert.Equal("no", await second.ReadTextAsync("no"));
        using Peer third = await Peer.ConnectAsync(server.LocalEndPoint);
        Assert.Empty(await third.ReadToEndAsync());
        Assert.Equal(1, server.ConnectionCount);
        Assert.Equal(2, server.Refused);

        server.Stop();

        Assert.Empty(await second.ReadToEndAsync());
        Assert.Empty(await first.ReadToEndAsync());
        await server.Completion.Soon();
    }

    [Fact]
    public async Task Deadlines_are_not_checked_when_the_machine_has_stood_still()
    {
        StoppedClock clock = new();
        Handler handler = new();
        StreamServer server = StreamServer.Bind(new TcpServerOptions { Clock = clock }, handler).Started(new TestObserver());
        using Peer peer = await Peer.ConnectAsync(server.LocalEndPoint);
        Assert.Equal("x", await peer.ReadTextAsync("x"));

        clock.Check(after: TimeSpan.FromMinutes(5));
        Assert.Equal(0, handler.Connections.Single().Checks);
        clock.Check(after: handler.ShortestDeadline!.Value / 4);
        Assert.Equal(1, handler.Connections.Single().Checks);

        server.Stop();
        await server.Completion.Soon();
    }

    /// <summary>A clock whose periodic timer is called by the test. Others would call it for each period that has passed.</summary>
    private sealed class StoppedClock : TimeProvider
    {
        private long _now;
        private TimerCallback? _periodic;

        public override long GetTimestamp() => Volatile.Read(ref _now);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (period > TimeSpan.Zero)
            {
                _periodic = callback;
                dueTime = period = Timeout.InfiniteTimeSpan;
            }

            return base.CreateTimer(callback, state, dueTime, period);
        }

        internal void Check(TimeSpan after)
        {
            Volatile.Write(ref _now, _now + (long)(after.TotalSeconds * TimestampFrequency));
            _periodic!(null);
        }
    }

    /// <summary>Greets each client with an x, and waits until it leaves.</summary>
    private sealed class Handler : IStreamHandler
    {
        private volatile string? _throws;

        internal string? Throws
        {
            get => _throws;
            set => _throws = value;
        }

        internal List<Connection> Connections { get; } = [];

        internal bool IsClosed { get; private set; }

        public TimeSpan? ShortestDeadline => TimeSpan.FromMilliseconds(80);

        public int MostTurnedAway { get; init; }

        public string FateOfTooMany => "are told";

        public IServedConnection Connect(Transport transport, IServerHost host, bool isTurnedAway)
        {
            if (Throws == nameof(Connect))
            {
                throw new InvalidTimeZoneException("on purpose");
            }

            Connection connection = new(this, transport, isTurnedAway ? "no" : "x");
            Connections.Add(connection);
            return connection;
        }

        public void Close() => IsClosed = true;
    }

    private sealed class Connection(Handler handler, Transport transport, string greeting) : IServedConnection
    {
        public long IdleMilliseconds => long.MaxValue;

        public Totals Totals => default;

        internal bool IsDisposed { get; private set; }

        internal int Checks { get; private set; }

        public Task ServeAsync() => handler.Throws == nameof(ServeAsync) ? throw new InvalidTimeZoneException("on purpose") : GreetAsync();

        public void CheckDeadline()
        {
            Checks++;
            if (handler.Throws == nameof(CheckDeadline))
            {
                handler.Throws = null;
                throw new InvalidTimeZoneException("on purpose");
            }
        }

        public void BeginStop()
        {
        }

        public void Abort() => transport.Interrupt();

        public void Dispose()
        {
            IsDisposed = true;
            transport.Dispose();
        }

        private async Task GreetAsync()
        {
            await Task.Yield();
            if (handler.Throws == "later")
            {
                throw new InvalidTimeZoneException("on purpose");
            }

            await transport.SendAsync(System.Text.Encoding.ASCII.GetBytes(greeting), CancellationToken.None);
            await transport.WaitReadableAsync(CancellationToken.None);
        }
    }

    private sealed class ThrowingObserver : IStreamServerObserver
    {
        public void Opened(IServedConnection connection) => throw new InvalidTimeZoneException("on purpose");

        public void Closed(IServedConnection connection) => throw new InvalidTimeZoneException("on purpose");

        public void Refused(IPEndPoint remote) => throw new InvalidTimeZoneException("on purpose");

        public void Faulted(NetLabException fault, EndPoint target) => throw new InvalidTimeZoneException("on purpose");
    }
}
