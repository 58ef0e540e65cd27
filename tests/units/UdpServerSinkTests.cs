using System.Collections.Concurrent;
using System.Net.Sockets;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Udp;

namespace PSNetLab.Engine.Tests;

public class UdpServerSinkTests
{
    [Fact]
    public async Task A_full_sink_that_waits_holds_the_server_and_loses_nothing_the_system_keeps()
    {
        await using TestUdpServer server = new(limit: 5, whenFull: WhenFull.Wait);
        using UdpClient peer = Datagrams.NewPeer(server.EndPoint);
        for (int i = 0; i < 200; i++)
        {
            await peer.SendTextAsync($"{i}");
        }

        await Waiting.Until(() => server.Mailbox.Count == 5);
        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"{i}"), (await server.MessagesAsync(200)).Select(message => message.Text));
        Assert.Equal(0, server.Mailbox.Dropped);
    }

    [Fact]
    public async Task What_has_to_wait_for_room_is_not_overtaken()
    {
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        OnceFullSink sink = new(refused: "1");
        UdpServer server = UdpServer.Bind(new()
        {
            Sink = sink,
            Handler = Answers.Of<UdpMessage>(async message =>
            {
                if (message.Text == "0")
                {
                    await release.Task;
                }

                return [message.Bytes];
            }),
        }).Started();
        using UdpClient peer = Datagrams.NewPeer(server.LocalEndPoint);

        // While the first is being answered, the others come to be read together.
        string[] texts = ["0", "1", "2", "3"];
        foreach (string text in texts)
        {
            await peer.SendTextAsync(text);
        }

        release.SetResult();
        foreach (string text in texts)
        {
            Assert.Equal(text, await peer.NextTextAsync());
        }

        server.Stop();
        await server.Completion.Soon();
        Assert.Equal(texts, sink.Texts);
    }

    [Fact]
    public async Task A_full_sink_that_drops_does_not_hold_the_answers()
    {
        await using TestUdpServer server = new(new() { Echo = true }, limit: 5, whenFull: WhenFull.Drop);
        using UdpClient peer = Datagrams.NewPeer(server.EndPoint);
        for (int i = 0; i < 100; i++)
        {
            await peer.SendTextAsync($"{i}");
            Assert.Equal($"{i}", await peer.NextTextAsync());
        }

        Assert.Equal(5, server.Mailbox.Count);
        Assert.Equal(95, server.Mailbox.Dropped);
    }

    /// <summary>Has no room at once for one of the messages.</summary>
    private sealed class OnceFullSink(string refused) : IMessageSink<UdpMessage>
    {
        internal ConcurrentQueue<string> Texts { get; } = new();

        public bool TryAdd(UdpMessage message)
        {
            if (message.Text == refused)
            {
                return false;
            }

            Texts.Enqueue(message.Text);
            return true;
        }

        public ValueTask AddAsync(UdpMessage message, CancellationToken cancellationToken)
        {
            Texts.Enqueue(message.Text);
            return default;
        }
    }
}
