using System.Net.Sockets;
using System.Text;
using PSNetLab.Engine.Dialogue;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Udp;

namespace PSNetLab.Engine.Tests;

/// <summary>Answers that do not hold up the next datagram: late ones, several at once, and dialogues.</summary>
public class UdpServerAnswerTests
{
    [Theory]
    [InlineData("echo")]
    [InlineData("reply")]
    [InlineData("script")]
    public async Task Late_answers_hold_up_nobody(string how)
    {
        ManualClock clock = new();
        await using TestUdpServer server = new(new()
        {
            Echo = how == "echo",
            Replies = how == "reply" ? ["x"u8.ToArray()] : [],
            Handler = how != "script" ? null
                : Answers.Of<UdpMessage>(message => ValueTask.FromResult<IReadOnlyList<byte[]>>([message.Bytes])),
            Delay = new DelayRange(1000, 1000),
            Clock = clock,
        });
        using UdpClient peer = Datagrams.NewPeer(server.EndPoint);
        for (int i = 0; i < 100; i++)
        {
            await peer.SendTextAsync("x");
        }

        await server.MessagesAsync(100);
        await Waiting.Until(() => clock.Timers == 100);
        Assert.Equal(0, peer.Available);
        clock.Advance(TimeSpan.FromSeconds(1));
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal("x", await peer.NextTextAsync());
        }

        await Waiting.Until(() => server.Server.MessagesSent == 100);
        Assert.Empty(server.Faults);
    }

    [Fact]
    public async Task As_many_handlers_run_at_once_as_are_allowed()
    {
        int running = 0;
        int most = 0;
        TaskCompletionSource together = new();
        async ValueTask<IReadOnlyList<byte[]>> Handle(UdpMessage message)
        {
            int now = Interlocked.Increment(ref running);
            InterlockedMax(ref most, now);
            if (now == 3)
            {
                together.TrySetResult();
            }

            await together.Task;
            await Task.Yield();
            Interlocked.Decrement(ref running);
            return [message.Bytes];
        }

        await using TestUdpServer server = new(new() { Handler = Answers.Of<UdpMessage>(Handle), ThrottleLimit = 3 });
        using UdpClient peer = Datagrams.NewPeer(server.EndPoint);
        for (int i = 0; i < 50; i++)
        {
            await peer.SendTextAsync($"{i}");
        }

        List<string> answers = [];
        while (answers.Count < 50)
        {
            answers.Add(await peer.NextTextAsync());
        }

        Assert.Equal(Enumerable.Range(0, 50), answers.Select(int.Parse).Order());
        Assert.Equal(3, most);
    }

    [Fact]
    public async Task A_server_that_is_stopped_waits_for_handlers_but_not_for_late_answers()
    {
        TaskCompletionSource go = new();
        await using TestUdpServer server = new(new()
        {
            Handler = Answers.Of<UdpMessage>(async _ =>
            {
                await go.Task;
                return ["done"u8.ToArray()];
            }),
            ThrottleLimit = 2,
        });
        await using TestUdpServer late = new(new() { Echo = true, Delay = new DelayRange(600_000, 600_000) });
        using UdpClient peer = Datagrams.NewPeer(server.EndPoint);
        using UdpClient other = Datagrams.NewPeer(late.EndPoint);
        await peer.SendTextAsync("x");
        await other.SendTextAsync("x");
        await server.MessagesAsync(1);
        await late.MessagesAsync(1);
        late.Server.Stop();
        await late.Server.Completion.Soon();

        server.Server.Stop();
        go.SetResult();
        Assert.Equal("done", await peer.NextTextAsync());
        await server.Server.Completion.Soon();
    }

    [Fact]
    public async Task Each_sender_has_a_dialogue_of_its_own_and_begins_anew_after_the_last_step()
    {
        List<DialogueRun> runs = [];
        await using TestUdpServer server = new(Dialogue("ping", "pong", "C: bye", "S: see you") with { OnDialogue = runs.Add });
        using UdpClient first = Datagrams.NewPeer(server.EndPoint);
        using UdpClient second = Datagrams.NewPeer(server.EndPoint);
        for (int round = 0; round < 2; round++)
        {
            foreach (UdpClient peer in new[] { first, second })
            {
                await peer.SendTextAsync("ping");
                Assert.Equal("pong", await peer.NextTextAsync());
            }

            await first.SendTextAsync("bye");
            Assert.Equal("see you", await first.NextTextAsync());
            await second.SendTextAsync("ping");
            await Waiting.Until(() => server.Faults.Count == round + 1);
        }

        Assert.Equal([true, false, true, false], runs.Select(run => run.Completed));
        Assert.All(server.Faults, fault => Assert.Equal(FaultKind.DialogueUnexpected, fault.Fault.Kind));
    }

    [Fact]
    public async Task What_comes_while_a_dialogue_waits_is_taken_afterwards()
    {
        ManualClock clock = new();
        await using TestUdpServer server = new(Dialogue("a", "!wait 100", "S: 1", "C: b", "S: 2", "C: c") with { Clock = clock });
        using UdpClient peer = Datagrams.NewPeer(server.EndPoint);
        await peer.SendTextAsync("a");
        await peer.SendTextAsync("b");
        await server.MessagesAsync(2);
        Assert.Equal(0, peer.Available);
        await Waiting.Until(() => clock.Timers == 1);
        clock.Advance(TimeSpan.FromMilliseconds(100));

        Assert.Equal("1", await peer.NextTextAsync());
        Assert.Equal("2", await peer.NextTextAsync());
        Assert.Empty(server.Faults);
    }

    private static void InterlockedMax(ref int most, int value)
    {
        int seen = Volatile.Read(ref most);
        while (seen < value && Interlocked.CompareExchange(ref most, value, seen) is var now && now != seen)
        {
            seen = now;
        }
    }

    private static UdpServerOptions Dialogue(params string[] steps) => new()
    {
        Dialogue = DialogueProgram.Compile(
            [.. steps.Select(step => DialogueText.Parse(step, Encoding.UTF8))],
            [new ActStep(DialogueAct.Close, 0)],
            Encoding.UTF8,
            clientBegins: true),
    };
}
