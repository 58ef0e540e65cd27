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
        Task flooding = FloodAsync(() => flooder.Stream.WriteAsync(flood, end.Token).AsTask(), end.Token);
        await Waiting.Until(() => server.Server.Totals.MessagesReceived > 1);
        await EchoAsync(client, 100).Soon();
        await end.CancelAsync();
        flooder.Dispose();
        await flooding.Soon();
    }

    [Fact]
    public async Task Many_datagrams_that_are_slow_to_match()
    {
        const int MostAhead = 200;
        UdpServer server = UdpServer.Bind(new() { Dialogue = Compile(Slow, "!again") });
        await using TestServer other = new(new() { Echo = true }, keeps: false);
        using Peer client = await other.ConnectAsync();
        using UdpClient flooder = Datagrams.NewPeer(server.LocalEndPoint);
        server.Run();
        byte[] message = Encoding.ASCII.GetBytes(SlowMessage);
        using CancellationTokenSource end = new();
        long sent = 0;
        Task flooding = FloodAsync(
            async () =>
            {
                // Enough for the next batch, and no more than the buffer holds.
                await Waiting.Until(() => sent - server.MessagesReceived < MostAhead || end.IsCancellationRequested);
                await flooder.SendAsync(message, end.Token);
                sent++;
            },
            end.Token);
        await Waiting.Until(() => server.MessagesReceived > 1);
        await EchoAsync(client, 100).Soon();
        await end.CancelAsync();
        await flooding.Soon();
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

    private static async Task FloodAsync(Func<Task> send, CancellationToken end)
    {
        try
        {
            while (!end.IsCancellationRequested)
            {
                await send();
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
