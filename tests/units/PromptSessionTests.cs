using System.Globalization;
using System.Text;
using PSNetLab.Engine.Terminal;

namespace PSNetLab.Engine.Tests;

/// <summary>A session talks and listens at once.</summary>
public class PromptSessionTests
{
    public static TheoryData<TransportKind> Kinds { get; } = new(TransportPair.Kinds);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Lines_are_sent_and_what_arrives_is_shown_above(TransportKind kind)
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync(kind: kind);
        session.Screen.Type("你好\r");
        Assert.Equal("你好\r\n", await session.HearAsync(4));
        session.Screen.Type("not yet");
        await session.ShowsAsync("> not yet|");

        await session.SayAsync("220 ready\r\n");
        await session.ShowsAsync("> 你好\n< 220 ready\n> not yet|");
        session.Screen.Type("!\r");
        Assert.Equal("not yet!\r\n", await session.HearAsync(10));

        await session.Peer.HalfCloseAsync(CancellationToken.None).Soon();
        Assert.Null(await session.Over.Soon());
        Assert.EndsWith("> not yet!\n* peer:1 has closed the connection.\n|", session.Screen.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pasted_lines_are_sent_in_order()
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync();
        session.Screen.Type("HELO me\rNOOP\n\rlast");
        Assert.Equal("HELO me\r\nNOOP\r\n\r\n", await session.HearAsync(17));
        await session.ShowsAsync("> HELO me\n> NOOP\n>\n> last|");
    }

    [Theory]
    [InlineData(LineEnding.CrLf, "a\r\n")]
    [InlineData(LineEnding.Lf, "a\n")]
    [InlineData(LineEnding.Cr, "a\r")]
    [InlineData(LineEnding.None, "a")]
    public async Task A_line_ends_as_it_was_told(LineEnding ending, string sent)
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync(options => options with { LineEnding = ending });
        session.Screen.Type("a\r");
        Assert.Equal(sent, await session.HearAsync(sent.Length));
        await session.ShowsAsync("> a\n> |");
    }

    [Fact]
    public async Task A_line_that_has_no_end_yet_stays_above_the_prompt()
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync();
        await session.SayAsync("log");
        await session.ShowsAsync("< log\n> |");
        await session.SayAsync("in: ");
        await session.ShowsAsync("< login:\n> |");
        session.Screen.Type("bob\r");
        await session.ShowsAsync("< login:\n> bob\n> |");
        await session.SayAsync([0xe4, 0xbd]);
        await session.SayAsync([0xa0, 0xe5, 0xa5]);
        await session.ShowsAsync("< 你\n> |");
        await session.SayAsync([0xbd, 0x0a]);
        await session.ShowsAsync("> bob\n< 你好\n> |");
    }

    [Fact]
    public async Task Nothing_that_the_peer_says_reaches_the_terminal_as_a_command()
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync();
        await session.SayAsync("\u001b]52;c;ZXZpbA==\a\u001b[2J\u009b31m\u202eevil\u2066\r\n\u001b[");
        await session.ShowsAsync("< ␛]52;c;ZXZpbA==␇␛[2J\ufffd31m\ufffdevil\ufffd\n< ␛[\n> |");
        await session.SayAsync("2J\r\nx\ty\r\n");
        await session.ShowsAsync("< ␛[2J\n< x       y\n> |");
        string written = session.Screen.Written.ToString();
        Assert.DoesNotContain("\u001b[2J", written, StringComparison.Ordinal);
        Assert.DoesNotContain("\u202e", written, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Control_D_ends_sending_and_the_session_goes_on_listening()
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync();
        session.Screen.Type("last word\r\x04");
        session.Screen.Press(Keys.Control('D'));
        Assert.Equal("last word\r\n", await session.HearAsync(11));
        Assert.Null(await session.Peer.NextAsync());

        session.Screen.Type("too late\r");
        await session.ShowsAsync("* This was not sent: sending has ended.");
        session.Screen.Press(Keys.Control('D'));
        await session.ShowsAsync("* Sending has already ended.");
        await session.SayAsync("answer\n");
        await session.ShowsAsync("< answer");
        await session.Peer.HalfCloseAsync(CancellationToken.None).Soon();
        Assert.Null(await session.Over.Soon());
        Assert.EndsWith("* peer:1 has closed the connection.\n|", session.Screen.Text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Whoever_leaves_finds_the_connection_as_it_was(TransportKind kind)
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync(options => options with { StaysOpen = true }, "Line", kind);
        await session.SayAsync("whole\nhal");
        await session.ShowsAsync("< whole");
        session.Screen.Press(Keys.Control('C'));
        Assert.Null(await session.Over.Soon());
        Assert.EndsWith($"* Connection {session.Own.Id} stays open.\n|", session.Screen.Text, StringComparison.Ordinal);

        await session.SayAsync("f\n");
        Assert.Equal("half", await session.Own.NextTextAsync());
        await session.Own.SendAsync("more");
        Assert.Equal("more", await session.Peer.NextTextAsync());
    }

    [Fact]
    public async Task Whoever_leaves_in_the_middle_of_a_message_is_told_that_the_connection_was_reset()
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync(options => options with { StaysOpen = true });
        session.Own.Socket.Fill();
        session.Screen.Type("never taken\r");
        session.Screen.Press(Keys.Control('C'));
        Assert.Null(await session.Over.Soon());
        Assert.EndsWith("* The connection was reset.\n|", session.Screen.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_ends_when_the_pipeline_is_stopped()
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync();
        session.Stop();
        Assert.Null(await session.Over.Soon());
    }

    [Fact]
    public async Task A_reset_is_a_fault()
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync();
        session.Peer.Close(TcpCloseReason.LocalReset);
        Assert.Equal(FaultKind.ConnectionReset, (await session.Over.Soon())?.Kind);
    }

    [Fact]
    public async Task A_connection_that_somebody_else_reads_is_a_fault()
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(TransportPair.Kinds[0]);
        Task<TcpMessage?> other = pair.Client.NextAsync();
        TerminalScreen screen = new(80, 24);
        NetLabException? fault = PromptSession.Run(pair.Client, screen, new() { Peer = "peer:1" }, CancellationToken.None);
        Assert.Equal(FaultKind.ConnectionBusy, fault?.Kind);
        Assert.Equal("|", screen.Text);
        await pair.Server.SendAsync("still there");
        Assert.Equal("still there", (await other)?.Text);
    }

    [Fact]
    public async Task Messages_are_shown_and_sent_whole()
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync(framing: "Length16");
        session.Screen.Type("ping\r");
        Assert.Equal("ping", await session.Peer.NextTextAsync());
        await session.Peer.SendAsync("two\nlines");
        await session.Peer.SendAsync(string.Empty);
        await session.ShowsAsync("> ping\n< two\n< lines\n<\n> |");
        session.Screen.Type(@":send a\x00b" + "\r:hex 63 64\r");
        Assert.Equal("a\0b", await session.Peer.NextTextAsync());
        Assert.Equal("cd", await session.Peer.NextTextAsync());
        await session.ShowsAsync("> a␀b\n> :hex 63 64\n> cd\n> |");
    }

    [Fact]
    public async Task A_message_that_the_framing_cannot_carry_is_told_and_the_session_goes_on()
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync(framing: "Fixed:4");
        session.Screen.Type("too long\rfour\r");
        Assert.Equal("four", await session.Peer.NextTextAsync());
        await session.ShowsAsync("* ");
    }

    [Fact]
    public async Task Bytes_are_shown_with_their_place_in_the_stream()
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync(options => options with { IsHex = true });
        session.Screen.Type("hi\r");
        await session.ShowsAsync("> 0000 68 69 0d 0a                                     hi..");
        await session.SayAsync("ok\n");
        await session.ShowsAsync("< 0000 6f 6b 0a                                        ok.");
        session.Screen.Type(":hex\r");
        await session.ShowsAsync("* Text is shown.");
        await session.SayAsync("text\n");
        await session.ShowsAsync("< text\n> |");
    }

    [Fact]
    public async Task A_peer_that_does_not_read_holds_up_no_keys()
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync();
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, new byte[32 * 1024 * 1024]);
            session.Screen.Type($":file {file}\rafter it\r");
            await session.ShowsAsync("> after it\n> |");
            session.Screen.Type(":info\r");
            await session.ShowsAsync("10 wait to be sent");
            session.Screen.Press(Keys.Control('C'));
            Assert.Null(await session.Over.Soon());
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_peer_that_never_stops_holds_up_no_keys()
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync();
        using CancellationTokenSource enough = new();
        Task flood = FloodAsync(session.Peer, enough.Token);
        await session.ShowsAsync("< flood");
        session.Screen.Type("stop\r");
        Assert.Equal("stop\r\n", await session.HearAsync(6));
        session.Screen.Press(Keys.Control('C'));
        Assert.Null(await session.Over.Soon());
        await enough.CancelAsync();
        await flood.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    [Fact]
    public async Task What_others_say_meanwhile_is_a_note()
    {
        string[] notes = ["a script failed \u001b[2J"];
        using SessionAtScreen session = await SessionAtScreen.StartAsync(
            options => options with { TakeNotes = () => Interlocked.Exchange(ref notes, []) });
        await session.ShowsAsync("* a script failed ␛[2J\n> |");
    }

    [Fact]
    public async Task A_resize_redraws_the_line()
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync(columns: 40, lines: 10);
        session.Screen.Type("一二三四五六七八九十一二三四五六七八九十");
        await session.ShowsAsync("> 一二三四五六七八九十一二三四五六七八九\n十|");
        session.Screen.Resize(20);
        await session.ShowsAsync("> 一二三四五六七八九\n十一二三四五六七八九\n十|");
        Assert.Single(session.Screen.Text.Split("> ").Skip(1));
        session.Screen.Type("\r");
        Assert.Equal("一二三四五六七八九十一二三四五六七八九十\r\n", await session.HearAsync(22));
    }

    [Fact]
    public async Task Sentences_of_this_side_are_broken_between_words()
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync(columns: 40, lines: 10);
        await session.ShowsAsync("* Connected to peer:1.\n* Ctrl+D ends sending, Ctrl+C leaves,\n* :help shows more.\n> |");
        session.Screen.Type(":help\r");
        await session.ShowsAsync("* :reset           resets the connection\n* (RST)\n");
    }

    private static async Task FloodAsync(TcpConnection peer, CancellationToken enough)
    {
        byte[] flood = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("flood\n", 10_000)));
        while (!enough.IsCancellationRequested)
        {
            await peer.SendAsync(flood, 0, enough);
        }
    }
}
