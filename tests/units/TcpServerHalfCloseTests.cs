using PSNetLab.Engine.Framing;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Engine.Tests;

/// <summary>A server that has ended its stream to a client, and still takes what the client sends.</summary>
public class TcpServerHalfCloseTests
{
    [Theory]
    [InlineData("echo")]
    [InlineData("late echo")]
    [InlineData("script")]
    public async Task Answers_are_dropped_and_messages_are_kept(string how)
    {
        await using TestServer server = new(new()
        {
            Framing = DelimiterFraming.Line,
            Echo = how != "script",
            Delay = how == "late echo" ? new(1, 1) : default,
            Handler = how != "script" ? null : (_, message, send, _) => send(message!.Bytes).AsTask(),
        });
        using Peer peer = await server.ConnectAsync();
        TcpConnection connection = await server.Observer.OpenedAsync();
        await connection.HalfCloseAsync(CancellationToken.None).Soon();
        Assert.Empty(await peer.ReadToEndAsync());

        await peer.SendAsync("a\n");
        await server.MessageAsync();
        await peer.SendAsync("b\nc\n");
        Assert.Equal(["b", "c"], (await server.MessagesAsync(2)).Select(message => message.Text));
        Assert.Equal(TcpConnectionState.FinWait, connection.State);

        peer.HalfClose();
        Assert.Equal(TcpCloseReason.PeerClosed, (await server.Observer.ClosedAsync()).CloseReason);
        Assert.Equal(0, connection.MessagesSent);
        Assert.Empty(server.Observer.FaultsLeft());
    }

    [Fact]
    public async Task An_answer_that_is_on_its_way_is_sent_whole()
    {
        await using TestServer server = new(new() { Framing = DelimiterFraming.Line, MaxMessageBytes = 1 << 26, Echo = true });
        using Peer peer = await server.ConnectAsync();
        TcpConnection connection = await server.Observer.OpenedAsync();
        byte[] line = new byte[20_000_000];
        Array.Fill(line, (byte)'x');
        line[^1] = (byte)'\n';
        await peer.SendAsync(line);
        await server.MessageAsync();
        await Waiting.Until(() => connection.BytesSent > 0);
        Task closing = connection.HalfCloseAsync(CancellationToken.None).AsTask();

        Assert.Equal(line, await peer.ReadToEndAsync());
        await closing.Soon();
        await peer.SendAsync("more\n");
        Assert.Equal("more", (await server.MessageAsync()).Text);
        Assert.Empty(server.Observer.FaultsLeft());
    }
}
