using System.Runtime.CompilerServices;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Servers;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Engine.Tests;

/// <summary>Messages that have to wait hold memory, too, for as long as they wait and no longer.</summary>
public class TcpServerWaitingMemoryTests
{
    private const int MessageBytes = 1024 * 1024;
    private const int Clients = 20;
    private const int MostWaiting = 4;
    private const long Budget = MostWaiting * MessageBytes;

    private readonly TaskCompletionSource _scripts = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Theory]
    [InlineData('\n', "mailbox")]
    [InlineData('x', "mailbox")]
    [InlineData('\n', "script")]
    public async Task Messages_that_wait_hold_no_more_than_the_budget(char last, string waitsFor)
    {
        Mailbox<TcpMessage> mailbox = new(1, WhenFull.Wait);
        TcpServerOptions options = new() { Framing = DelimiterFraming.Line, MaxPendingBytes = Budget };
        options = waitsFor == "mailbox" ? options with { Sink = mailbox }
            : options with { Handler = (_, _, _, stopping) => _scripts.Task.WaitAsync(stopping) };
        TestObserver observer = new();
        TcpMessageHandler handler = new(options);
        StreamServer server = StreamServer.Bind(options, handler).Started(observer);
        byte[] message = new byte[MessageBytes];
        Array.Fill(message, (byte)'x');
        message[^1] = (byte)last;
        List<Peer> peers = [];
        for (int i = 0; i <= Clients; i++)
        {
            Peer peer = await Peer.ConnectAsync(server.LocalEndPoint);
            peers.Add(peer);
            await observer.OpenedAsync();
            if (i == 0)
            {
                await peer.SendAsync("fills the mailbox\n");
                continue;
            }

            await TrySendAsync(peer, message);
            Assert.InRange(handler.Memory.Held, 0, Budget);
        }

        Assert.Equal(TcpCloseReason.TooMuchPending, (await observer.ClosedAsync()).CloseReason);
        Assert.Equal(FaultKind.TooMuchPending, (await observer.FaultAsync()).Fault.Kind);
        await Waiting.Until(() => server.ConnectionCount <= MostWaiting + 1);

        // What a closed connection had waiting is gone: only the others come.
        int kept = 0;
        peers.ForEach(peer => peer.Dispose());
        mailbox.Complete();
        _scripts.SetResult();
        server.Stop();
        await server.Completion.Soon();
        while (mailbox.TryTake() is not null)
        {
            kept++;
        }

        Assert.InRange(kept, waitsFor == "mailbox" ? 2 : 0, MostWaiting + 1);
        Assert.Equal(0, handler.Memory.Held);
    }

    [Fact]
    public async Task A_connection_keeps_no_message_that_somebody_has_received()
    {
        await using TestServer server = new(new() { Framing = DelimiterFraming.Line });
        using Peer peer = await server.ConnectAsync();
        await peer.SendAsync("x\n");
        WeakReference message = await ReceiveAsync(server);

        await Waiting.Until(() =>
        {
            GC.Collect();
            return !message.IsAlive;
        });

        await peer.SendAsync("y\n");
        Assert.Equal("y", (await server.MessageAsync()).Text);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> ReceiveAsync(TestServer server) => new(await server.MessageAsync());

    private static async Task TrySendAsync(Peer peer, byte[] data)
    {
        try
        {
            await peer.SendAsync(data);
            peer.HalfClose();
        }
        catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException)
        {
            // The server has closed it.
        }
    }
}
