using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Checks;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Messages;

namespace PSNetLab.Engine.Tests;

/// <summary>Wait-TcpPort, where the time ends before a port has said anything.</summary>
public sealed class TcpPortWaitTests
{
    /// <summary>An open port far away answers later than that.</summary>
    [LinuxTheory]
    [InlineData(TcpPortState.Closed)]
    [InlineData(TcpPortState.Open)]
    public Task An_attempt_that_the_end_cuts_short_does_not_say_that_a_port_is_closed(TcpPortState state) => Waiting.OneOf(5, async () =>
    {
        using Socket full = StreamListener.Bind(new IPEndPoint(IPAddress.Loopback, 0), 0);
        using Socket first = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await first.ConnectAsync(full.LocalEndPoint!).Soon();

        TcpPortWaitOutcome outcome = await WaitAsync(full, new() { State = state, Timeout = TimeSpan.FromMilliseconds(200) });

        Assert.Equal(FaultKind.WaitTimeout, outcome.Fault?.Kind);
        Assert.Contains("without an answer 1 time", outcome.Fault!.Message, StringComparison.Ordinal);
    });

    [LinuxFact]
    public async Task A_port_that_is_silent_for_a_second_is_closed()
    {
        using Socket full = StreamListener.Bind(new IPEndPoint(IPAddress.Loopback, 0), 0);
        using Socket first = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await first.ConnectAsync(full.LocalEndPoint!).Soon();

        TcpPortWaitOutcome outcome = await WaitAsync(full, new() { State = TcpPortState.Closed, Timeout = Waiting.Limit });

        Assert.Equal(TcpPortStatus.TimedOut, outcome.Found?.Status);
    }

    private static async Task<TcpPortWaitOutcome> WaitAsync(Socket listener, TcpPortWaitOptions options)
    {
        Mailbox<object> rows = new(1, WhenFull.Wait);
        CheckedName name = new("127.0.0.1", IPFamily.Any, Waiting.Limit, CancellationToken.None);
        TcpPortWait wait = new(options, name, ((IPEndPoint)listener.LocalEndPoint!).Port);
        await wait.RunAsync(rows, CancellationToken.None).Soon();
        return (TcpPortWaitOutcome)rows.TryTake()!;
    }
}
