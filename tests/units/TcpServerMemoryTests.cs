using System.Net;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.Servers;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Engine.Tests;

/// <summary>Clients that send half a message, or do not read their answers, cost little, and not for ever.</summary>
public class TcpServerMemoryTests
{
    private const int MessageBytes = 1024 * 1024;
    private const long Budget = 4 * MessageBytes;
    private const int Clients = 100;

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task Who_does_not_send_the_rest_of_a_message_is_closed_however_it_comes_and_others_go_on()
    {
        await using TestServer server = new(new() { Framing = DelimiterFraming.Line, Echo = true, Clock = _clock });
        using Peer other = await server.ConnectAsync();
        TcpConnection complete = await server.Observer.OpenedAsync();
        using Peer peer = await server.ConnectAsync();
        TcpConnection half = await server.Observer.OpenedAsync();
        await peer.SendAsync("begun\nand");

        // Each byte of the rest comes long before the time is over.
        await Waiting.Until(() =>
        {
            _clock.Advance(TimeSpan.FromSeconds(5));
            return half.IsClosed || !TrySendByte(peer);
        });

        Assert.Same(half, await server.Observer.ClosedAsync());
        Assert.Equal(TcpCloseReason.MessageTimeout, half.CloseReason);
        (NetLabException fault, EndPoint target) = await server.Observer.FaultAsync();
        Assert.Equal(FaultKind.MessageTimeout, fault.Kind);
        Assert.Equal(half.Remote, target);
        Assert.Contains("60 s", fault.Message, StringComparison.Ordinal);
        Assert.Equal(TcpConnectionState.Established, complete.State);
        await other.SendAsync("x\n");
        Assert.Equal("x\n", await other.ReadTextAsync("x\n"));

        // Nobody gets what came of the other message: its peer did not cut it off.
        Assert.Equal(["begun", "x"], (await server.MessagesAsync(2)).Select(message => message.Text));
    }

    [Fact]
    public async Task Each_message_has_its_own_time_and_silence_between_messages_has_no_limit()
    {
        await using TestServer server = new(new() { Framing = DelimiterFraming.Line, Echo = true, Clock = _clock });
        using Peer peer = await server.ConnectAsync();
        TcpConnection connection = await server.Observer.OpenedAsync();
        await peer.SendAsync("a");
        for (int i = 1; i <= 10; i++)
        {
            await peer.SendAsync("b\na");
            Assert.NotEmpty(await peer.ReadAsync(3));
            _clock.Advance(TimeSpan.FromSeconds(40));
        }

        await peer.SendAsync("b\n");
        await peer.ReadAsync(3);
        _clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(TcpConnectionState.Established, connection.State);
        Assert.Empty(server.Observer.FaultsLeft());
    }

    [Fact]
    public async Task Halves_of_messages_hold_no_more_than_the_budget_and_others_go_on()
    {
        await AssertBoundedAsync(
            new() { Framing = FramingParser.Parse($"Fixed:{MessageBytes}"), Echo = true }, new byte[MessageBytes / 2]);
    }

    [Fact]
    public async Task Answers_that_are_not_read_hold_no_more_than_the_budget_and_others_go_on()
    {
        // More than the system takes for a client that does not read.
        byte[] answer = new byte[2 * MessageBytes];
        await AssertBoundedAsync(new() { Framing = FramingParser.Parse("Length32"), MaxMessageBytes = 4 * MessageBytes,
            Replies = [answer] }, [0, 0, 0, 1, 7, 0, 0, 0, 1, 7, 0, 0, 0, 1, 7]);
    }

    private static async Task AssertBoundedAsync(TcpServerOptions options, byte[] sent)
    {
        TestObserver observer = new();
        options = options with { MaxPendingBytes = Budget };
        TcpMessageHandler handler = new(options);
        StreamServer server = StreamServer.Bind(options, handler).Started(observer);
        using Peer other = await Peer.ConnectAsync(server.LocalEndPoint);
        TcpConnection modest = await observer.OpenedAsync();
        List<Peer> peers = [];
        for (int i = 0; i < Clients; i++)
        {
            Peer peer = await Peer.ConnectAsync(server.LocalEndPoint);
            peers.Add(peer);
            await peer.SendAsync(sent);
            Assert.InRange(handler.Memory.Held, 0, Budget);
        }

        TcpConnection closed = await observer.ClosedAsync();
        Assert.Equal(TcpCloseReason.TooMuchPending, closed.CloseReason);
        (NetLabException fault, EndPoint target) = await observer.FaultAsync();
        Assert.Equal(FaultKind.TooMuchPending, fault.Kind);
        Assert.Contains($"{Budget} bytes", fault.Message, StringComparison.Ordinal);
        Assert.NotNull(target);
        Assert.Equal(TcpConnectionState.Established, modest.State);

        peers.ForEach(peer => peer.Reset());
        await Waiting.Until(() => server.ConnectionCount == 1);
        Assert.Equal(0, handler.Memory.Held);
        server.Stop();
        await server.Completion.Soon();
    }

    private static bool TrySendByte(Peer peer)
    {
        try
        {
            return peer.Socket.Send("."u8) == 1;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
