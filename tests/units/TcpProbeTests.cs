using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Checks;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

public sealed class TcpProbeTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_port_is_open()
    {
        using Socket listener = Listener();

        TcpPortResult result = await Try(new TcpProbe(), listener.LocalEndPoint!, s_long);

        Assert.Equal(TcpPortStatus.Open, result.Status);
        Assert.Null(result.Reason);
        Assert.Null(result.BannerBytes);
    }

    [Fact]
    public async Task A_port_is_closed()
    {
        using ClosedPort closed = new();

        TcpPortResult result = await Try(new TcpProbe(), closed.EndPoint, s_long);

        Assert.Equal(TcpPortStatus.Refused, result.Status);
        Assert.NotNull(result.Latency);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_port_that_closes_what_it_accepts_is_ClosedAtOnce(bool reset)
    {
        using Socket listener = Listener();
        Task accepting = Task.Run(async () =>
        {
            using Socket accepted = await listener.AcceptAsync();
            if (reset)
            {
                accepted.LingerState = new LingerOption(true, 0);
            }
        });

        TcpPortResult result = await Try(new TcpProbe { Settle = s_long }, listener.LocalEndPoint!, s_long);

        await accepting.Soon();
        Assert.Equal(TcpPortStatus.ClosedAtOnce, result.Status);
        Assert.NotNull(result.Reason);
    }

    /// <summary>The reset may be faster than the end of connect(2): then that reports it, or ECONNABORTED.</summary>
    [Theory]
    [InlineData(SocketError.ConnectionReset)]
    [InlineData(SocketError.ConnectionAborted)]
    public void A_connection_that_is_reset_while_connect_still_runs_was_accepted(SocketError error)
        => Assert.Equal(TcpPortStatus.ClosedAtOnce, TcpProbe.Explain(new SocketException((int)error), s_long).Status);

    [Fact]
    public void An_error_of_the_protocol_does_not_say_that_anybody_accepted()
        => Assert.Equal(TcpPortStatus.Failed, TcpProbe.Explain(Errno.ToException(Errno.EPROTO), s_long).Status);

    [Fact]
    public async Task A_banner_may_come_in_pieces_and_is_complete_when_that_is_said()
    {
        using Socket listener = Listener();
        Task sending = Task.Run(async () =>
        {
            using Socket accepted = await listener.AcceptAsync();
            accepted.NoDelay = true;
            await accepted.SendAsync("22"u8.ToArray());
            await accepted.SendAsync("0 ready\r\n"u8.ToArray());
            await accepted.ReceiveAsync(new byte[1]);
        });

        TcpProbe probe = new() { Banner = true, IsBannerComplete = text => text.EndsWith('\n') };
        TcpPortResult result = await Try(probe, listener.LocalEndPoint!, s_long);

        Assert.Equal("220 ready", result.Banner);
        await sending.Soon();
    }

    /// <summary>That may be an expression of the user, and slow.</summary>
    [Fact]
    public async Task Whether_a_banner_is_complete_is_not_asked_on_an_event_loop()
    {
        using Socket listener = Listener();
        Task<Socket> accepting = Task.Run(async () =>
        {
            Socket accepted = await listener.AcceptAsync();
            await accepted.SendAsync("x"u8.ToArray());
            return accepted;
        });
        bool? isLoop = null;
        TcpProbe probe = new() { Banner = true, IsBannerComplete = _ => (isLoop = LoopThread.IsCurrent) is not null };

        await Try(probe, listener.LocalEndPoint!, s_long);

        (await accepting.Soon()).Dispose();
        Assert.False(isLoop);
    }

    [Fact]
    public Task A_banner_without_end_ends_at_the_limit() => TimeSpan.FromSeconds(0.5).Patiently(async limit =>
    {
        using Socket listener = Listener();
        using CancellationTokenSource over = new();
        Task dripping = Task.Run(async () =>
        {
            using Socket accepted = await listener.AcceptAsync();
            while (!over.IsCancellationRequested && await accepted.SendAsync("x"u8.ToArray()) > 0)
            {
                await Task.Delay(limit / 25);
            }
        });

        TcpPortResult result = await Try(new TcpProbe { Banner = true }, listener.LocalEndPoint!, limit);

        await over.CancelAsync();
        await Task.WhenAny(dripping);
        Assert.Equal(TcpPortStatus.Open, result.Status);
        Assert.InRange(result.Banner!.Length, 1, 200);
    });

    [LinuxFact]
    public async Task Without_an_answer_it_ends_at_the_limit()
    {
        using Socket full = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        using Socket first = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await first.ConnectAsync(full.LocalEndPoint!);

        TcpPortResult result = await Try(new TcpProbe(), full.LocalEndPoint!, TimeSpan.FromMilliseconds(100));

        Assert.Equal(TcpPortStatus.TimedOut, result.Status);
        Assert.Null(result.Latency);
    }

    [Fact]
    public async Task Of_several_addresses_one_that_accepts_decides()
    {
        using Socket listener = Listener();
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        using ClosedPort other = new(IPAddress.Parse("127.0.0.2"), port);
        Resolution resolution = new([IPAddress.Parse("127.0.0.2"), IPAddress.Loopback], TimeSpan.Zero, null);

        TcpPortResult result = await TcpPortCheck.TryAnyAsync(new TcpProbe(), "x", port, resolution, 1, s_long, CancellationToken.None)
            .AsTask().Soon();

        Assert.Equal(TcpPortStatus.Open, result.Status);
        Assert.Equal("127.0.0.1", result.Address);
    }

    [Fact]
    public async Task Of_several_failures_the_most_telling_is_the_result()
    {
        using ClosedPort closed = new();
        Resolution resolution = new([IPAddress.Broadcast, IPAddress.Loopback], TimeSpan.Zero, null);

        TcpPortResult result = await TcpPortCheck
            .TryAnyAsync(new TcpProbe(), "x", closed.Port, resolution, 1, s_long, CancellationToken.None).AsTask().Soon();

        Assert.Equal(TcpPortStatus.Refused, result.Status);
        Assert.Contains("255.255.255.255", result.Reason, StringComparison.Ordinal);
    }

    private static Socket Listener() => StreamListener.Bind(new IPEndPoint(IPAddress.Loopback, 0), 5);

    private static Task<TcpPortResult> Try(TcpProbe probe, EndPoint remote, TimeSpan timeout)
        => probe.TryAsync("x", new Resolution([], null, null), (IPEndPoint)remote, 1, timeout, CancellationToken.None).AsTask().Soon();
}
