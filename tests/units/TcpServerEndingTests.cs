using System.Net;
using System.Security.Cryptography;
using System.Text;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Engine.Tests;

/// <summary>How the connections of a server end, and what the others notice of it.</summary>
public class TcpServerEndingTests
{
    [Fact]
    public async Task A_peer_that_closes_is_the_reason()
    {
        await using TestServer server = new();
        Peer peer = await server.ConnectAsync();
        Assert.Equal(TcpConnectionState.Established, (await server.Observer.OpenedAsync()).State);
        peer.Dispose();

        TcpConnection closed = await server.Observer.ClosedAsync();
        Assert.Equal(TcpCloseReason.PeerClosed, closed.CloseReason);
        Assert.Equal(TcpConnectionState.Closed, closed.State);
        Assert.Null(closed.CloseDetail);
        Assert.Equal(0, server.Server.ConnectionCount);
        Assert.Empty(server.Observer.FaultsLeft());
    }

    [Fact]
    public async Task A_peer_that_half_closes_still_gets_its_answers()
    {
        await using TestServer server = new(new() { Echo = true });
        using Peer peer = await server.ConnectAsync();
        byte[] data = RandomNumberGenerator.GetBytes(300_000);
        Task<byte[]> reading = peer.ReadToEndAsync();

        await peer.SendAsync(data);
        peer.HalfClose();

        Assert.Equal(data, await reading);
    }

    [Fact]
    public async Task A_peer_that_resets_is_the_reason()
    {
        await using TestServer server = new();
        Peer peer = await server.ConnectAsync();
        await server.Observer.OpenedAsync();
        peer.Reset();

        TcpConnection closed = await server.Observer.ClosedAsync();
        (NetLabException fault, EndPoint target) = await server.Observer.FaultAsync();
        Assert.Equal(TcpCloseReason.PeerReset, closed.CloseReason);
        Assert.Equal(FaultKind.ConnectionReset, fault.Kind);
        Assert.Equal(closed.Remote, target);
        Assert.Equal(fault.Message, closed.CloseDetail);
    }

    [Fact]
    public async Task What_came_before_a_reset_is_kept()
    {
        await using TestServer server = new(new() { Framing = DelimiterFraming.Line });
        Peer peer = await server.ConnectAsync();
        await peer.SendAsync("kept\n");
        TcpMessage message = await server.MessageAsync();
        peer.Reset();

        Assert.Equal("kept", message.Text);
        Assert.Equal(TcpCloseReason.PeerReset, (await server.Observer.ClosedAsync()).CloseReason);
    }

    [Theory]
    [InlineData("Line", "half a line", "half a line")]
    [InlineData("Fixed:10", "nine byte", "nine byte")]
    [InlineData("Length16", "\0\u0009half", "half")]
    [InlineData("Length32", "\0\0", "")]
    public async Task A_truncated_frame_is_recorded_and_told(string framing, string rest, string message)
    {
        await using TestServer server = new(new() { Framing = FramingParser.Parse(framing) });
        using Peer peer = await server.ConnectAsync();
        await peer.SendAsync(rest);
        peer.HalfClose();

        TcpMessage received = await server.MessageAsync();
        TcpConnection closed = await server.Observer.ClosedAsync();
        (NetLabException fault, _) = await server.Observer.FaultAsync();

        Assert.True(received.Truncated);
        Assert.Equal(Encoding.ASCII.GetBytes(message), received.Bytes);
        Assert.Equal(1, received.Sequence);
        Assert.Equal(FaultKind.TruncatedFrame, fault.Kind);
        Assert.Contains($"{rest.Length} bytes", fault.Message, StringComparison.Ordinal);
        Assert.Equal(TcpCloseReason.PeerClosed, closed.CloseReason);
        Assert.Equal(fault.Message, closed.CloseDetail);
    }

    [Fact]
    public async Task A_truncated_frame_that_nobody_keeps_is_told_as_such()
    {
        await using TestServer server = new(new() { Framing = DelimiterFraming.Line }, keeps: false);
        using Peer peer = await server.ConnectAsync();
        await peer.SendAsync("rest");
        peer.HalfClose();

        (NetLabException fault, _) = await server.Observer.FaultAsync();
        Assert.Equal(FaultKind.TruncatedFrame, fault.Kind);
        Assert.DoesNotContain("Truncated set", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_truncated_frame_waits_for_room_like_any_other()
    {
        await using TestServer server = new(new() { Framing = DelimiterFraming.Line }, limit: 1);
        using Peer peer = await server.ConnectAsync();
        await peer.SendAsync("a\nb\nrest");
        peer.HalfClose();

        List<TcpMessage> messages = await server.MessagesAsync(3);
        Assert.Equal(["a", "b", "rest"], messages.Select(message => message.Text));
        Assert.Equal([false, false, true], messages.Select(message => message.Truncated));
    }

    [Fact]
    public async Task A_message_too_long_closes_after_the_good_ones_were_answered()
    {
        await using TestServer server = new(new() { Framing = DelimiterFraming.Line, Echo = true, MaxMessageBytes = 10 });
        using Peer peer = await server.ConnectAsync();
        Task<byte[]> reading = peer.ReadToEndAsync();

        // No byte more than the one too many: what the server leaves unread would make a reset, which may overtake the answers.
        await peer.SendAsync("one\ntwo\n01234567890");

        TcpConnection closed = await server.Observer.ClosedAsync();
        (NetLabException fault, EndPoint target) = await server.Observer.FaultAsync();
        Assert.Equal("one\ntwo\n", Encoding.ASCII.GetString(await reading));
        Assert.Equal(TcpCloseReason.MessageTooLong, closed.CloseReason);
        Assert.Equal(FaultKind.MessageTooLong, fault.Kind);
        Assert.Equal(closed.Remote, target);
        Assert.Contains("11 bytes", fault.Message, StringComparison.Ordinal);
        Assert.Contains("at most 10", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Line", fault.Message, StringComparison.Ordinal);
        Assert.Equal(["one", "two"], (await server.MessagesAsync(2)).Select(message => message.Text));
        Assert.Empty(server.Observer.FaultsLeft());
    }

    [Fact]
    public async Task An_announced_length_over_the_limit_is_told_as_it_was()
    {
        await using TestServer server = new(new() { Framing = FramingParser.Parse("Length32"), MaxMessageBytes = 10 });
        using Peer peer = await server.ConnectAsync();

        await peer.SendAsync("GET / HTTP/1.1\r\n\r\n");

        (NetLabException fault, _) = await server.Observer.FaultAsync();
        Assert.Equal(FaultKind.MessageTooLong, fault.Kind);
        Assert.Contains($"{0x47455420}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_failed_connection_left_goes_to_no_other()
    {
        await using TestServer server = new(new() { Framing = DelimiterFraming.Line, Echo = true, MaxMessageBytes = 10 });
        for (int round = 0; round < 20; round++)
        {
            using Peer bad = await server.ConnectAsync();
            await bad.SendAsync($"secret\n{new string('x', 50)}\n");
            bad.HalfClose();
            await server.Observer.ClosedAsync();

            using Peer good = await server.ConnectAsync();
            await good.SendAsync("mine\n");
            good.HalfClose();
            Assert.Equal("mine\n", Encoding.ASCII.GetString(await good.ReadToEndAsync()));
            await server.Observer.ClosedAsync();
        }
    }

    [Fact]
    public async Task Answers_that_could_not_be_sent_go_to_no_other()
    {
        await using TestServer server = new(new() { Framing = DelimiterFraming.Line, Echo = true });
        for (int round = 0; round < 50; round++)
        {
            Peer bad = await server.ConnectAsync();
            await server.Observer.OpenedAsync();
            await bad.SendAsync("secret\nsecret\n");
            bad.Reset();
            await server.Observer.ClosedAsync();

            using Peer good = await server.ConnectAsync();
            await server.Observer.OpenedAsync();
            await good.SendAsync("mine\n");
            good.HalfClose();
            Assert.Equal("mine\n", Encoding.ASCII.GetString(await good.ReadToEndAsync()));
            await server.Observer.ClosedAsync();
        }
    }

    [Fact]
    public async Task A_handler_that_throws_ends_its_connection_only()
    {
        TcpServerOptions options = new()
        {
            Framing = DelimiterFraming.Line,
            Handler =
                Answers.OfTcp(message => message.Text == "bad" ? throw new InvalidOperationException("no such luck")
                    : ValueTask.FromResult<IReadOnlyList<byte[]>>([message.Bytes])),
        };
        await using TestServer server = new(options);
        using Peer good = await server.ConnectAsync();
        using Peer bad = await server.ConnectAsync();
        await bad.SendAsync("bad\n");

        Assert.Equal(TcpCloseReason.Failed, (await server.Observer.ClosedAsync()).CloseReason);
        Assert.Contains("no such luck", (await server.Observer.FaultAsync()).Fault.Message, StringComparison.Ordinal);
        Assert.Empty(await bad.ReadToEndAsync());
        await good.SendAsync("good\n");
        Assert.Equal("good\n", await good.ReadTextAsync("good\n"));
    }

    [Fact]
    public async Task A_reply_that_does_not_fit_the_framing_ends_the_connection_with_its_fault()
    {
        await using TestServer server = new(new() { Framing = FramingParser.Parse("Fixed:4"), Replies = ["five!"u8.ToArray()] });
        using Peer peer = await server.ConnectAsync();
        await peer.SendAsync("four");

        Assert.Equal(TcpCloseReason.Failed, (await server.Observer.ClosedAsync()).CloseReason);
        Assert.Equal(FaultKind.MessageLengthMismatch, (await server.Observer.FaultAsync()).Fault.Kind);
    }

    [Fact]
    public async Task Closing_from_outside_is_no_fault()
    {
        await using TestServer server = new(new() { Framing = DelimiterFraming.Line });
        using Peer peer = await server.ConnectAsync();
        TcpConnection connection = await server.Observer.OpenedAsync();

        connection.Close(TcpCloseReason.LocalClosed);
        connection.Close(TcpCloseReason.LocalReset, "later");

        Assert.Same(connection, await server.Observer.ClosedAsync());
        Assert.Equal(TcpCloseReason.LocalClosed, connection.CloseReason);
        Assert.Null(connection.CloseDetail);
        Assert.Empty(await peer.ReadToEndAsync());
        Assert.Empty(server.Observer.FaultsLeft());
    }

    [Fact]
    public async Task Closing_from_outside_in_the_middle_of_a_message_is_no_fault_of_the_peer()
    {
        await using TestServer server = new(new() { Framing = DelimiterFraming.Line });
        using Peer peer = await server.ConnectAsync();
        TcpConnection connection = await server.Observer.OpenedAsync();
        await peer.SendAsync("half");
        await Waiting.Until(() => connection.BytesReceived == 4);

        connection.Close(TcpCloseReason.LocalClosed);

        await server.Observer.ClosedAsync();
        Assert.Equal(TcpCloseReason.LocalClosed, connection.CloseReason);
        Assert.Empty(server.Observer.FaultsLeft());
    }

    [Theory]
    [InlineData(TcpCloseReason.LocalClosed)]
    [InlineData(TcpCloseReason.LocalReset)]
    public async Task Closing_does_not_wait_for_the_handler(TcpCloseReason reason)
    {
        TaskCompletionSource<IReadOnlyList<byte[]>> release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = new(
            new() { Framing = DelimiterFraming.Line, Handler = Answers.OfTcp(_ => new(release.Task)) });
        using Peer peer = await server.ConnectAsync();
        TcpConnection connection = await server.Observer.OpenedAsync();
        await peer.SendAsync("work\n");
        await server.MessageAsync();

        connection.Close(reason);

        Assert.Empty(await peer.ReadToEndAsync());
        release.SetResult(["too late"u8.ToArray()]);
        await server.Observer.ClosedAsync();
        Assert.Empty(server.Observer.FaultsLeft());
    }

    [Fact]
    public async Task Closing_does_not_wait_for_room_in_the_sink()
    {
        await using TestServer server = new(new() { Framing = DelimiterFraming.Line }, limit: 1);
        using Peer peer = await server.ConnectAsync();
        TcpConnection connection = await server.Observer.OpenedAsync();
        await peer.SendAsync("a\nb\n");
        await Waiting.Until(() => connection.MessagesReceived == 2);

        connection.Close(TcpCloseReason.LocalClosed);

        Assert.Empty(await peer.ReadToEndAsync());
        Assert.Equal(["a", "b"], (await server.MessagesAsync(2)).Select(message => message.Text));
    }
}
