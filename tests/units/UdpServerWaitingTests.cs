using System.Net;
using System.Net.Sockets;
using System.Text;
using PSNetLab.Engine.Dialogue;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Udp;

namespace PSNetLab.Engine.Tests;

/// <summary>What a server keeps of answers and dialogues that wait is limited, however much comes.</summary>
public class UdpServerWaitingTests
{
    private const int Large = 60_000;
    private const int MostLarge = (64 * 1024 * 1024 / Large) + 1;

    private readonly ManualClock _clock = new();

    [Fact]
    public async Task Late_answers_hold_a_limited_number_of_bytes()
    {
        await using TestUdpServer server = Start(new() { Echo = true, Delay = new DelayRange(1000, 1000) });
        using UdpClient peer = Datagrams.NewPeer(server.EndPoint);
        await SendAsync(server, [peer], MostLarge + 50, Large);
        await Waiting.Until(() => server.Server.AnswersDropped == 50);
        await Waiting.Until(() => _clock.Started == MostLarge);

        // The limit is for what waits: afterwards there is room again.
        _clock.Advance(TimeSpan.FromSeconds(1));
        await Waiting.Until(() => server.Server.MessagesSent == MostLarge);
        await WorksAgainAsync(server);
    }

    [Fact]
    public async Task Late_answers_count_until_a_slow_script_has_made_them()
    {
        TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestUdpServer server = Start(new()
        {
            Handler = async (message, send) =>
            {
                await go.Task;
                await send(message.Bytes);
            },
            Delay = new DelayRange(1, 1),
        });
        using UdpClient peer = Datagrams.NewPeer(server.EndPoint);
        await SendAsync(server, [peer], MostLarge, Large);
        await Waiting.Until(() => _clock.Started == MostLarge);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await Waiting.Until(() => _clock.Timers == 0);
        await SendAsync(server, [peer], 50, Large);
        await Waiting.Until(() => server.Server.AnswersDropped == 50);

        go.SetResult();
        await Waiting.Until(() => server.Server.MessagesSent == MostLarge);
        await WorksAgainAsync(server);
    }

    [Fact]
    public async Task Dialogues_that_wait_hold_a_limited_number_of_bytes()
    {
        const int Peers = 20;
        const int Each = 65;
        await using TestUdpServer server = Start(new() { Dialogue = Compile("*", "!wait 60000", "S: on", "!loop") });
        UdpClient[] peers = [.. Enumerable.Range(0, Peers).Select(_ => Datagrams.NewPeer(server.EndPoint))];
        await SendAsync(server, peers, Peers * Each, Large);
        await Waiting.Until(() => server.Server.AnswersDropped == (Peers * Each) - MostLarge);

        await Waiting.Until(() =>
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            return server.Server.MessagesSent == MostLarge;
        });
        await WorksAgainAsync(server);
        Array.ForEach(peers, peer => peer.Dispose());
    }

    [Fact]
    public async Task Dialogues_that_wait_are_limited_in_number_though_their_senders_have_left()
    {
        const int Most = 65536;
        const int Peers = 600;
        const int Each = 65;
        await using TestUdpServer server = Start(new() { Dialogue = Compile("*", "!wait 60000", "S: on", "!loop") });
        for (int generation = 0; generation < 2; generation++)
        {
            UdpClient[] peers = [.. Enumerable.Range(0, Peers).Select(_ => Datagrams.NewPeer(server.EndPoint))];
            await SendAsync(server, peers, Peers * Each, 1);
            Array.ForEach(peers, peer => peer.Dispose());
        }

        await Waiting.Until(() => server.Server.AnswersDropped == (2 * Peers * Each) - Most);
    }

    [LinuxFact]
    public async Task A_dialogue_goes_on_though_thousands_of_others_send_meanwhile()
    {
        // One socket that sends from all of 127.1.0.0/16 stands for as many senders.
        const int Others = 9000;
        await using TestUdpServer server = Start(new() { Dialogue = Compile("C: a", "S: 1", "C: b", "S: 2") });
        using DatagramTransport crowd = Datagrams.Open(DatagramKind.Epoll, new IPEndPoint(IPAddress.Any, 0));
        using UdpClient peer = Datagrams.NewPeer(server.EndPoint);
        DatagramPeer to = new(server.EndPoint);
        await peer.SendTextAsync("a");
        Assert.Equal("1", await peer.NextTextAsync());
        for (int i = 1; i <= Others; i++)
        {
            Assert.True(crowd.TrySend("x"u8, to, new IPAddress([127, 1, (byte)(i >> 8), (byte)i])));
            if (i % 100 == 0)
            {
                await server.MessagesAsync(100);
            }

            if (i == Others / 3)
            {
                await peer.SendTextAsync("b");
                Assert.Equal("2", await peer.NextTextAsync());
                await peer.SendTextAsync("a");
                Assert.Equal("1", await peer.NextTextAsync());
            }

            if (i == Others * 2 / 3)
            {
                await peer.SendTextAsync("b");
                Assert.Equal("2", await peer.NextTextAsync());
            }
        }
    }

    private static DialogueProgram Compile(params string[] steps) => DialogueProgram.Compile(
        [.. steps.Select(step => DialogueText.Parse(step, Encoding.UTF8))],
        [new ActStep(DialogueAct.Close, 0)],
        Encoding.UTF8,
        clientBegins: true);

    private static async Task SendAsync(TestUdpServer server, UdpClient[] peers, int count, int length)
    {
        byte[] datagram = new byte[length];
        int each = length > 1 ? 1 : 100;
        for (int i = 1; i <= count; i++)
        {
            peers[i % peers.Length].Client.Send(datagram);

            // Little at a time, so that nothing is lost on the way.
            if (i % each == 0)
            {
                await server.MessagesAsync(each);
            }
        }
    }

    private TestUdpServer Start(UdpServerOptions options) => new(options with { Clock = _clock });

    private async Task WorksAgainAsync(TestUdpServer server)
    {
        using UdpClient other = Datagrams.NewPeer(server.EndPoint);
        await other.SendTextAsync("x");
        await Waiting.Until(() =>
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            return other.Available > 0;
        });
    }
}
