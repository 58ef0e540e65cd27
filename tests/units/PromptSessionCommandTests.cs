using System.Diagnostics;
using System.Net;
using System.Text;
using PSNetLab.Engine.Dialogue;

namespace PSNetLab.Engine.Tests;

/// <summary>The commands of a session.</summary>
public sealed class PromptSessionCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Bytes_texts_with_escapes_and_lines_with_a_colon_are_sent()
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync();
        session.Screen.Type(@":send a\r\n\x01" + "\r:hex 0d0a ff\r::line\r:send  x \r");
        byte[] heard = Encoding.UTF8.GetBytes(await session.HearAsync(17));
        Assert.Equal("61-0D-0A-01-0D-0A-EF-BF-BD-3A-6C-69-6E-65-0D-0A-20-78-20", BitConverter.ToString(heard));
    }

    [Theory]
    [InlineData(":frobnicate", "* :frobnicate is no command, and nothing was sent.")]
    [InlineData(":send", @"* :send a\r\n\x00 sends a text")]
    [InlineData(":save", "* :save <path> writes")]
    [InlineData(@":send \q", @"* \q stands for nothing.")]
    [InlineData(":hex 0", "* The input is not a valid hex string")]
    [InlineData(":file /no/such/file", "* Could not find a part of the path")]
    [InlineData(":help", "* :reset           resets the connection (RST)")]
    [InlineData(":info", "* 0 bytes received, 0 sent, 0 wait to be sent")]
    public async Task Commands_that_send_nothing_tell_something(string command, string told)
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync();
        session.Screen.Type($"{command}\r");
        await session.ShowsAsync(told);
        session.Screen.Type("x\r");
        Assert.Equal("x\r\n", await session.HearAsync(3));
    }

    [Theory]
    [InlineData(":fi\t", "> :file |")]
    [InlineData(":in\t", "> :info|")]
    [InlineData(":h\t", "* :help  :hex  :half\n> :h|")]
    [InlineData(":x\t", "> :x|")]
    [InlineData("a\t", "> a␉|")]
    public async Task Tab_completes_commands(string keys, string shown)
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync();
        session.Screen.Type(keys);
        await session.ShowsAsync(shown);
    }

    [Fact]
    public async Task A_file_is_sent_as_it_is_and_before_what_follows()
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync();
        string file = Path.Combine(_folder, "a mail.txt");
        string content = string.Concat(Enumerable.Repeat("a line\n", 30_000));
        await File.WriteAllTextAsync(file, content);
        session.Screen.Type($":file '{file}'\rafter it\r");
        Assert.Equal(content + "after it\r\n", await session.HearAsync(content.Length + 10));
        await session.ShowsAsync("* 210000 bytes of a mail.txt were sent.");
    }

    [ToolFact("mkfifo")]
    public async Task A_pipe_that_nobody_writes_to_holds_up_what_follows_but_not_the_keyboard()
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync();
        string pipe = MakePipe();
        session.Screen.Type($":file {pipe}\rafter it\r");
        await session.ShowsAsync("does not open: it may be a pipe that nobody writes to.");
        session.Screen.Type(":hex\r");
        await session.ShowsAsync("* Bytes are shown.");
        await using (FileStream writer = new(pipe, FileMode.Open, FileAccess.Write))
        {
            await writer.WriteAsync("through "u8.ToArray());
        }

        Assert.Equal("through after it\r\n", await session.HearAsync(18));
    }

    [ToolFact("mkfifo")]
    public async Task A_pipe_that_nobody_writes_to_does_not_hold_up_the_end()
    {
        string pipe = MakePipe();
        using (SessionAtScreen session = await SessionAtScreen.StartAsync())
        {
            session.Screen.Type($":file {pipe}\r");
            await session.ShowsAsync("does not open");
            session.Stop();
            await session.Over.Soon();
        }

        // Lets the thread that opens it go.
        new FileStream(pipe, FileMode.Open, FileAccess.Write).Dispose();
    }

    [Fact]
    public async Task Close_waits_for_what_was_said()
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync(options => options with { StaysOpen = true });
        session.Screen.Type("bye\r:close\r");
        Assert.Null(await session.Over.Soon());
        Assert.Equal("bye\r\n", await session.HearAsync(5));
        Assert.Null(await session.Peer.NextAsync());
        Assert.Equal(TcpCloseReason.LocalClosed, session.Own.CloseReason);
        Assert.EndsWith("* The connection is closed.\n|", session.Screen.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reset_resets()
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync();
        session.Screen.Type(":reset\r");
        Assert.Null(await session.Over.Soon());
        Assert.EndsWith("* The connection was reset.\n|", session.Screen.Text, StringComparison.Ordinal);
        NetLabException reset = await Assert.ThrowsAsync<NetLabException>(session.Peer.NextAsync);
        Assert.Equal(FaultKind.ConnectionReset, reset.Kind);
    }

    [Fact]
    public async Task Half_ends_sending()
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync();
        session.Screen.Type(":half\r");
        Assert.Null(await session.Peer.NextAsync());
        await session.ShowsAsync("* Sending has ended (FIN).");
    }

    [Theory]
    [InlineData("Raw")]
    [InlineData("Line")]
    public async Task What_was_said_can_be_played_as_a_dialogue(string framing)
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync(framing: framing);
        string file = Path.Combine(_folder, "said.txt");
        await session.SayAsync("220 你");
        await session.SayAsync("好\n");
        await session.ShowsAsync("< 220 你好");
        session.Screen.Type("HELO *me*\r");
        await session.ShowsAsync("> HELO *me*");
        await session.SayAsync("250-a\tb\n250 ok\nbinary \u001b[2J\n");
        await session.ShowsAsync("< binary");
        session.Screen.Type("! QUIT\r");
        await session.ShowsAsync("> ! QUIT");
        session.Screen.Type($":save {file}\r");
        await session.ShowsAsync("* 6 lines were written to ");

        string[] lines = await File.ReadAllLinesAsync(file);
        string[] said = [.. lines.Where(line => !line.StartsWith('#'))];
        Assert.Equal(["S: 220 你好", "C: HELO *me*", "S: 250-a\tb", "S: 250 ok", "C: ! QUIT"], said);
        Assert.Contains(lines, line => line == "# not text, with symbols for its control characters: S: binary ␛[2J");
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        DialogueProgram program = DialogueProgram.Compile([.. DialogueText.ParseLines(lines, Encoding.UTF8)], [], Encoding.UTF8);
        DialogueRun run = new(program, new IPEndPoint(IPAddress.Loopback, 1), null);
        List<string> played = [.. Said(run)];
        foreach (string line in (string[])["HELO *me*", "! QUIT"])
        {
            run.Take(Encoding.UTF8.GetBytes(line));
            played.AddRange(Said(run));
        }

        Assert.Equal(["220 你好", "250-a\tb", "250 ok"], played);
        Assert.True(run.Completed);
    }

    [Fact]
    public async Task Only_its_own_files_are_written_again()
    {
        using SessionAtScreen session = await SessionAtScreen.StartAsync();
        string own = Path.Combine(_folder, "own.txt");
        string other = Path.Combine(_folder, "other.txt");
        await File.WriteAllTextAsync(other, "precious");
        session.Screen.Type($"a\r:save {own}\rb\r:save {own}\r:save {other}\r");
        await session.ShowsAsync("exists, and was not changed.");
        Assert.Equal("precious", await File.ReadAllTextAsync(other));
        Assert.Contains("C: b", await File.ReadAllLinesAsync(own));
        Assert.Equal([other, own], Directory.GetFiles(_folder).Order());
    }

    private static IEnumerable<string> Said(DialogueRun run)
    {
        while (run.TryNext(out DialogueAction action))
        {
            if (action.Deed == DialogueDeed.Say)
            {
                yield return Encoding.UTF8.GetString(action.Data!);
            }
        }
    }

    private string MakePipe()
    {
        string pipe = Path.Combine(_folder, "pipe");
        using Process making = Process.Start("mkfifo", pipe);
        making.WaitForExit();
        return pipe;
    }
}
