using PSNetLab.Engine.Terminal;

namespace PSNetLab.Engine.Tests;

/// <summary>What is drawn below the lines that were printed, seen on a screen.</summary>
public class PromptViewTests
{
    private readonly PromptView _view = new();

    [Theory]
    [InlineData("", "> |")]
    [InlineData("abc", "> abc|")]
    [InlineData("abcdefgh", "> abcdefgh\n|")]
    [InlineData("abcdefghi", "> abcdefgh\ni|")]
    [InlineData("中文字符", "> 中文字符\n|")]
    [InlineData("a中文字符", "> a中文字\n符|")]
    [InlineData("a\tb\x1b", "> a␉b␛|")]
    public void A_line_is_wrapped_with_its_cursor(string line, string screen)
    {
        TerminalScreen terminal = new(10, 5);
        Draw(terminal, line, line.Length);
        Assert.Equal(screen, terminal.Text);
    }

    [Theory]
    [InlineData(0, "> |abcdefgh\nijkl")]
    [InlineData(7, "> abcdefg|h\nijkl")]
    [InlineData(8, "> abcdefgh\n|ijkl")]
    public void The_cursor_can_be_anywhere(int cursor, string screen)
    {
        TerminalScreen terminal = new(10, 5);
        Draw(terminal, "abcdefghijkl", cursor);
        Assert.Equal(screen, terminal.Text);
    }

    [Fact]
    public void What_was_drawn_is_replaced()
    {
        TerminalScreen terminal = new(10, 5);
        terminal.Write("first\r\n");
        Draw(terminal, "abcdefghijklmnop", 3, unfinished: "< login: ");
        terminal.Write(_view.Erase(10) + "second\r\n");
        Draw(terminal, "x", 1);
        Assert.Equal("first\nsecond\n> x|", terminal.Text);
    }

    [Fact]
    public void A_line_longer_than_the_screen_shows_where_the_cursor_is()
    {
        TerminalScreen terminal = new(10, 4);
        string line = string.Concat(Enumerable.Range(0, 10).Select(digit => new string((char)('0' + digit), 10)));
        for (int cursor = 0; cursor <= line.Length; cursor++)
        {
            terminal.Write(_view.Erase(10));
            Draw(terminal, line, cursor, unfinished: "< unfinished");
            Assert.Equal(2, terminal.Text.Count(character => character == '\n'));
        }

        Assert.EndsWith("8899999999\n99|", terminal.Text, StringComparison.Ordinal);
        terminal.Write(_view.Erase(10));
        Assert.Equal("|", terminal.Text);
    }

    [Theory]
    [InlineData("abcdefghijklmnopqrstuvwxyz", 26)]
    [InlineData("abcdefghijklmnopqrstuvwxyz", 0)]
    [InlineData("abcdefghijklmnopqrstuvwxyz", 18)]
    [InlineData("中文字符中文字符中文字符", 11)]
    public void A_resize_leaves_nothing_behind(string line, int cursor)
    {
        TerminalScreen terminal = new(20, 12);
        terminal.Write("first\r\n");
        Draw(terminal, line, cursor, unfinished: "< unfinished");
        foreach (int columns in (int[])[7, 30, 11, 4, 20])
        {
            terminal.Resize(columns);
            terminal.Write(_view.Erase(columns));
            Assert.Equal("first\n|", Unwrapped(terminal.Text));
            Draw(terminal, line, cursor, unfinished: "< unfinished");
        }

        string drawn = Unwrapped(terminal.Text);
        Assert.Equal($"first\n< unfinished\n> {line.Insert(cursor, "|")}", Joined(drawn));
    }

    // The line that was printed is broken for good at 4 columns.
    private static string Unwrapped(string text) => text.Replace("firs\nt", "first", StringComparison.Ordinal);

    private static string Joined(string text)
    {
        int start = text.IndexOf("> ", StringComparison.Ordinal);
        return text[..start] + text[start..].Replace("\n", string.Empty, StringComparison.Ordinal);
    }

    private void Draw(TerminalScreen terminal, string line, int cursor, string unfinished = "")
        => terminal.Write(_view.Draw(unfinished, "> ", line, cursor, terminal.Columns, terminal.Lines));
}
