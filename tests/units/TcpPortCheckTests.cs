using System.Net;
using System.Net.Sockets;
using System.Text;
using PSNetLab.Engine.Checks;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Tests;

/// <summary>Checks of a port of a name with several addresses.</summary>
public sealed class TcpPortCheckTests
{
    private static readonly TimeSpan s_short = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(20);
    private static readonly IPAddress s_one = IPAddress.Loopback;
    private static readonly IPAddress s_other = IPAddress.Parse("127.0.0.2");

    /// <summary>What is sent may be an order, or a password.</summary>
    [LinuxFact]
    public Task What_is_sent_goes_to_one_address_only_also_if_that_does_not_answer() => s_short.Patiently(async limit =>
    {
        using Socket first = StreamListener.Bind(new IPEndPoint(s_one, 0), 5);
        using Socket second = StreamListener.Bind(new IPEndPoint(s_other, ((IPEndPoint)first.LocalEndPoint!).Port), 5);
        Task<Socket> other = second.AcceptAsync();
        TcpProbe probe = new() { Send = "pay"u8.ToArray() };

        TcpPortResult result = await TryAsync(probe, first, limit);

        Assert.Equal(TcpPortStatus.Open, result.Status);
        Assert.Equal("127.0.0.1", result.Address);
        Assert.False(other.IsCompleted);
        using Socket accepted = await first.AcceptAsync().Soon();
        byte[] said = new byte[10];
        Assert.Equal("pay", Encoding.ASCII.GetString(said, 0, await accepted.ReceiveAsync(said)));
    });

    [LinuxFact]
    public Task An_address_that_closes_at_once_leaves_the_word_to_the_next() => s_short.Patiently(async limit =>
    {
        using Socket relay = StreamListener.Bind(new IPEndPoint(s_one, 0), 5);
        using Socket service = StreamListener.Bind(new IPEndPoint(s_other, ((IPEndPoint)relay.LocalEndPoint!).Port), 5);
        Task closing = Task.Run(async () => (await relay.AcceptAsync()).Dispose());

        TcpPortResult result = await TryAsync(new TcpProbe { Settle = s_long }, relay, limit);

        await closing.Soon();
        Assert.Equal(TcpPortStatus.Open, result.Status);
        Assert.Equal("127.0.0.2", result.Address);
    });

    /// <summary>As at the end of the time of a wait.</summary>
    [LinuxFact]
    public async Task Without_any_time_it_is_tried_all_the_same()
    {
        using Socket listener = StreamListener.Bind(new IPEndPoint(s_one, 0), 5);

        TcpPortResult result = await TryAsync(new TcpProbe(), listener, TimeSpan.Zero);

        Assert.Equal(TcpPortStatus.Open, result.Status);
    }

    [LinuxFact]
    public async Task One_address_that_refuses_does_not_answer_for_the_others()
    {
        using ClosedPort refusing = new(s_one);
        using Socket full = StreamListener.Bind(new IPEndPoint(s_other, refusing.Port), 0);
        using Socket first = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await first.ConnectAsync(full.LocalEndPoint!).Soon();

        TcpPortResult one = await TryAsync(new TcpProbe(), full, TimeSpan.FromMilliseconds(200));
        TcpPortResult none = await TryAsync(new TcpProbe(), full, TimeSpan.Zero);

        Assert.Equal((TcpPortStatus.Refused, true), (one.Status, one.LacksAnswers));
        Assert.Equal((TcpPortStatus.Refused, true), (none.Status, none.LacksAnswers));
    }

    private static async Task<TcpPortResult> TryAsync(TcpProbe probe, Socket listener, TimeSpan timeout)
        => await TcpPortCheck.TryAnyAsync(
            probe,
            "two",
            ((IPEndPoint)listener.LocalEndPoint!).Port,
            new Resolution([s_one, s_other], null, null),
            attempt: 1,
            timeout,
            CancellationToken.None).AsTask().Soon();
}
