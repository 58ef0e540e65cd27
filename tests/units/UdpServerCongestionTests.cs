using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Udp;

namespace PSNetLab.Engine.Tests;

/// <summary>
/// A send buffer that stays full, as when answers go to hosts that do not exist, stops neither the server nor other clients.
/// </summary>
public class UdpServerCongestionTests
{
    private readonly TaskCompletionSource _dropped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Theory]
    [InlineData("echo")]
    [InlineData("reply")]
    [InlineData("script")]
    public async Task Answers_without_room_are_dropped_and_counted_and_the_server_goes_on(string how)
    {
        (UdpServer server, FullTransport transport) = Start(how);
        using UdpClient peer = Datagrams.NewPeer(server.LocalEndPoint);
        const int Asked = 200;
        for (int i = 0; i < Asked; i++)
        {
            await peer.SendTextAsync("x");
        }

        await Waiting.Until(() => server.AnswersDropped == Asked);
        await _dropped.Task.Soon();
        Assert.Equal(Asked, server.MessagesReceived);
        Assert.Equal(0, server.MessagesSent);

        transport.IsFull = false;
        await peer.SendTextAsync("x");
        Assert.Equal("x", await peer.NextTextAsync());
        Assert.Equal(Asked, server.AnswersDropped);
        server.Stop();
        await server.Completion.Soon();
    }

    [Fact]
    public async Task Only_the_first_of_many_answers_waits()
    {
        (UdpServer server, FullTransport transport) = Start("echo");
        using UdpClient peer = Datagrams.NewPeer(server.LocalEndPoint);
        for (int i = 1; i <= 100; i++)
        {
            await peer.SendTextAsync("x");
            await Waiting.Until(() => server.AnswersDropped == i);
        }

        Assert.Equal(1, transport.Waits);
        server.Stop();
        await server.Completion.Soon();
    }

    [Theory]
    [InlineData("echo")]
    [InlineData("script")]
    public async Task Only_the_first_of_many_late_answers_waits(string how)
    {
        ManualClock clock = new();
        (UdpServer server, _) = Start(how, new DelayRange(1, 1), clock);
        using UdpClient peer = Datagrams.NewPeer(server.LocalEndPoint);
        const int Asked = 100;
        for (int i = 0; i < Asked; i++)
        {
            await peer.SendTextAsync("x");
        }

        await Waiting.Until(() => clock.Started == Asked);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        await Waiting.Until(() => clock.Started == Asked + 1);
        clock.Advance(TimeSpan.FromMilliseconds(10));
        await Waiting.Until(() => server.AnswersDropped == Asked);
        Assert.Equal(Asked + 1, clock.Started);
        server.Stop();
        await server.Completion.Soon();
    }

    [Fact]
    public async Task An_answer_for_which_there_is_room_soon_is_sent()
    {
        (UdpServer server, FullTransport transport) = Start("echo");
        transport.MakesRoom = true;
        using UdpClient peer = Datagrams.NewPeer(server.LocalEndPoint);

        await peer.SendTextAsync("x");

        Assert.Equal("x", await peer.NextTextAsync());
        Assert.Equal(0, server.AnswersDropped);
        server.Stop();
        await server.Completion.Soon();
    }

    private static async Task AnswerAsync(Func<byte[], ValueTask> send)
    {
        await Task.Yield();
        await send("x"u8.ToArray());
    }

    private (UdpServer Server, FullTransport Transport) Start(string how, DelayRange delay = default, TimeProvider? clock = null)
    {
        FullTransport? transport = null;
        UdpServerOptions options = new()
        {
            Echo = how == "echo",
            Replies = how == "reply" ? ["x"u8.ToArray()] : [],
            Handler = how == "script" ? (_, send) => AnswerAsync(send) : null,
            Delay = delay,
            Clock = clock ?? TimeProvider.System,
            OnAnswerDropped = _dropped.SetResult,
        };
        return (UdpServer.Bind(
            options, (socket, bufferBytes) => transport = new FullTransport(socket, bufferBytes)).Started(), transport!);
    }

    /// <summary>Has no room to send until told otherwise.</summary>
    private sealed class FullTransport(Socket socket, int bufferBytes) : DatagramTransport(socket, bufferBytes)
    {
        private readonly DatagramTransport _inner = Create(socket, bufferBytes);
        private volatile bool _isFull = true;

        internal bool IsFull
        {
            set => _isFull = value;
        }

        /// <summary>Whether there is room after a wait.</summary>
        internal bool MakesRoom { get; set; }

        /// <summary>How often somebody waited for room.</summary>
        internal int Waits { get; private set; }

        internal override ValueTask WaitReadableAsync(CancellationToken cancellationToken) => _inner.WaitReadableAsync(cancellationToken);

        private protected override bool ReceiveNow(IDatagramHandler handler) => _inner.Receive(handler);

        private protected override bool SendNow(ReadOnlySpan<byte> data, DatagramPeer? to, IPAddress? from, int interfaceIndex)
            => !_isFull && _inner.TrySend(data, to, from, interfaceIndex);

        internal override async ValueTask WaitWritableAsync(CancellationToken cancellationToken)
        {
            Waits++;
            if (MakesRoom)
            {
                await Task.Yield();
                _isFull = false;
            }
            else
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
        }

        internal override void Interrupt() => _inner.Interrupt();

        private protected override void Close() => _inner.Dispose();
    }
}
