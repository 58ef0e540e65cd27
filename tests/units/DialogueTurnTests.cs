using System.Net.Sockets;
using System.Text;
using PSNetLab.Engine.Dialogue;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.Tcp;
using PSNetLab.Engine.Udp;

namespace PSNetLab.Engine.Tests;

/// <summary>What a peer says in a dialogue, and however much of it, does not keep other servers from answering.</summary>
public class DialogueTurnTests
{
    // It needs the engine that goes back, which gives up on such a message after its time is over.
    private const string Slow = @"C: /^(?!QUIT)(\w+\s?)+$/";
    private const string SlowMessage = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!";

    [Theory]
    [InlineData("C: x*", "")]
    [InlineData(Slow, SlowMessage)]
    public async Task Many_unexpected_messages_over_tcp(string expected, string unexpected)
    {
        await using TestServer server = new(
            new() { Framing = DelimiterFraming.Line, Dialogue = Compile(expected, "!again") }, keeps: false);
        await using TestServer other = new(new() { Echo = true }, keeps: false);
        using Peer flooder = await server.ConnectAsync();
        using Peer client = await other.ConnectAsync();
        byte[] flood = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(unexpected + "\n", 128 * 1024 / (unexpected.Length + 1))));
        using CancellationTokenSource end = new();
        Task flooding = FloodAsync(flooder, flood, end.Token);
        await Waiting.Until(() => server.Server.Totals.MessagesReceived > 1);
        await EchoAsync(client, 100).Soon();
        await end.CancelAsync();
        flooder.Dispose();
        await flooding.Soon();
    }

    [Fact]
    public async Task Many_datagrams_that_are_slow_to_match()
    {
        const int Asked = 100;
        int reported = 0;
        UdpServer server = UdpServer.Bind(
            new() { Dialogue = Compile(Slow, "!again"), OnFault = (_, _) => Interlocked.Increment(ref reported) });
        await using TestServer other = new(new() { Echo = true }, keeps: false);
        using Peer client = await other.ConnectAsync();
        using UdpClient flooder = Datagrams.NewPeer(server.LocalEndPoint);
        server.Run();

        // From the first on, it receives on the loop.
        await flooder.SendTextAsync("QUIT");
        await Waiting.Until(() => server.MessagesReceived == 1);
        for (int i = 0; i < Asked; i++)
        {
            await flooder.SendTextAsync(SlowMessage);
        }

        // Few are read at first; among the next are all the others.
        await Waiting.Until(() => server.MessagesReceived > Asked / 10);
        await EchoAsync(client, 1);

        Assert.InRange(reported, 0, Asked * 9 / 10);
        server.Stop();
        await server.Completion.Soon();
    }

    private static async Task EchoAsync(Peer client, int times)
    {
        for (int i = 0; i < times; i++)
        {
            await client.SendAsync("x");
            Assert.Equal("x", await client.ReadTextAsync("x"));
        }
    }

    private static async Task FloodAsync(Peer flooder, byte[] flood, CancellationToken end)
    {
        try
        {
            while (!end.IsCancellationRequested)
            {
                await flooder.Stream.WriteAsync(flood, end);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }

    private static DialogueProgram Compile(string expected, string unexpected) => DialogueProgram.Compile(
        [DialogueText.Parse(expected, Encoding.UTF8), DialogueText.Parse("!loop", Encoding.UTF8)],
        [DialogueText.ParseAnswer(unexpected, Encoding.UTF8)],
        Encoding.UTF8);
}
