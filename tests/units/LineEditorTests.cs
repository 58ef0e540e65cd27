using PSNetLab.Engine.Terminal;

namespace PSNetLab.Engine.Tests;

/// <summary>Keys in, a line and its cursor out.</summary>
public class LineEditorTests
{
    private static readonly Dictionary<string, ConsoleKeyInfo> s_keys = new()
    {
        ["Left"] = Keys.Left,
        ["Right"] = Keys.Right,
        ["Up"] = Keys.Up,
        ["Down"] = Keys.Down,
        ["Home"] = Keys.Home,
        ["End"] = Keys.End,
        ["Del"] = Keys.Delete,
        ["Back"] = Keys.Backspace,
        ["Esc"] = Keys.Escape,
        ["C-Left"] = Keys.Named(ConsoleKey.LeftArrow, control: true),
        ["C-Right"] = Keys.Named(ConsoleKey.RightArrow, control: true),
        ["C-Back"] = Keys.Named(ConsoleKey.Backspace, control: true),
        ["C-Del"] = Keys.Named(ConsoleKey.Delete, control: true),
        ["A-b"] = Keys.Named(ConsoleKey.B, 'b', alt: true),
    };

    private readonly LineEditor _editor = new(new LineHistory());
    private readonly KeyDecoder _decoder = new();

    // Keys in <>, everything else as typed; | is the cursor.
    [Theory]
    [InlineData("abc", "abc|")]
    [InlineData("abc<Left><Left>x", "ax|bc")]
    [InlineData("abc<Left><Right><Right>x", "abcx|")]
    [InlineData("abc<Home>x<End>y", "xabcy|")]
    [InlineData("abc<C-A>x<C-E>y<C-B>z<C-F>!", "xabczy!|")]
    [InlineData("abc<Back>", "ab|")]
    [InlineData("abc<Home><Back>", "|abc")]
    [InlineData("abc<Home><Del>", "|bc")]
    [InlineData("abc<Del>", "abc|")]
    [InlineData("abc<Home><C-D>", "|bc")]
    [InlineData("中文字<Left><Back>", "中|字")]
    [InlineData("a😀b<Left><Left><Del>", "a|b")]
    [InlineData("ae\u0301b<Left><Back>", "a|b")]
    [InlineData("a👩\u200d🔬<Back>", "a|")]
    [InlineData("🇨🇳🇫🇷<Left>", "🇨🇳|🇫🇷")]
    [InlineData("one two  three<C-Left><C-Left>", "one |two  three")]
    [InlineData("one two<Home><C-Right>", "one |two")]
    [InlineData("one two<A-b>", "one |two")]
    [InlineData("one two<Home><Esc>f", "one |two")]
    [InlineData("one two<C-W>", "one |")]
    [InlineData("one two <C-W>", "one |")]
    [InlineData("one two<C-Back><C-Back>", "|")]
    [InlineData("one two<Home><C-Del>", "| two")]
    [InlineData("one two<Home><Esc>d", "| two")]
    [InlineData("one two<Esc><Back>", "one |")]
    [InlineData("one two<C-Left><C-U>", "|two")]
    [InlineData("one two<C-Left><C-K>", "one |")]
    [InlineData("one two<C-W><Home><C-Y> ", "two |one ")]
    [InlineData("one<Esc>", "|")]
    [InlineData("one<Home><Esc>[20<End>x", "onex|")]
    [InlineData("one<Home><Esc>[20<C-E>x", "onex|")]
    [InlineData("<Up>", "|")]
    [InlineData("\x1b[200~pasted\x1b[201~", "pasted|")]
    [InlineData("a\x1bOPb", "ab|")]
    [InlineData("a<C-G><C-T>b", "ab|")]
    public void Keys_edit_the_line(string keys, string line)
    {
        Press(keys);
        Assert.Equal(line, _editor.Text.Insert(_editor.Cursor, "|"));
    }

    [Fact]
    public void The_history_has_the_lines_before_and_the_draft()
    {
        foreach (string line in (string[])["one", "two", "two", ""])
        {
            Press(line);
            _editor.TakeLine();
        }

        Press("draft<Up>");
        Assert.Equal("two", _editor.Text);
        Press("<Up>");
        Assert.Equal("one", _editor.Text);
        Press("<Up>");
        Assert.Equal("one", _editor.Text);
        Press("<Down><C-N>");
        Assert.Equal("draft", _editor.Text);
        Press("<Down>!");
        Assert.Equal("draft!", _editor.Text);
        Press("<C-P>?");
        Assert.Equal("two?", _editor.TakeLine());
        Press("<Up><Up>");
        Assert.Equal("two", _editor.Text);
    }

    [Fact]
    public void A_long_history_forgets_the_oldest()
    {
        for (int number = 0; number < 1500; number++)
        {
            Press($"{number}");
            _editor.TakeLine();
        }

        for (int number = 0; number < 1500; number++)
        {
            Press("<Up>");
        }

        Assert.Equal("500", _editor.Text);
    }

    [Theory]
    [InlineData("x\r", EditOutcome.Line)]
    [InlineData("x\n", EditOutcome.Line)]
    [InlineData("x<C-D>", EditOutcome.Editing)]
    [InlineData("<C-D>", EditOutcome.EndOfInput)]
    [InlineData("x<C-C>", EditOutcome.Leave)]
    [InlineData("x<C-L>", EditOutcome.ClearScreen)]
    [InlineData(":h\t", EditOutcome.Complete)]
    internal void Some_keys_are_for_the_session(string keys, EditOutcome outcome) => Assert.Equal(outcome, Press(keys));

    [Fact]
    public void AltGr_makes_characters()
    {
        KeyStroke stroke = _decoder.Decode(Keys.Named(ConsoleKey.Q, '@', alt: true, control: true), hasMore: false);
        Assert.Equal(new KeyStroke(EditAction.Insert, '@'), stroke);
    }

    [Fact]
    public void Any_keys_leave_the_cursor_in_the_line()
    {
        Random random = new(20);
        string[] names =
        [
            .. s_keys.Keys.Select(name => $"<{name}>"), "a", " ", "中", "😀", "\u0301", "\u200d", "<C-Y>", "<C-K>", "<C-U>",
        ];
        for (int count = 0; count < 20_000; count++)
        {
            if (Press(names[random.Next(names.Length)]) == EditOutcome.Line || random.Next(50) == 0)
            {
                _editor.TakeLine();
            }

            Assert.InRange(_editor.Cursor, 0, _editor.Text.Length);
            if (_editor.Text.Length > 200)
            {
                Press("<End><C-U>");
            }
        }
    }

    private EditOutcome Press(string keys)
    {
        List<ConsoleKeyInfo> pressed = [];
        for (int index = 0; index < keys.Length; index++)
        {
            int end = keys[index] == '<' ? keys.IndexOf('>', index) : -1;
            if (end < 0)
            {
                pressed.Add(Keys.Of(keys[index]));
                continue;
            }

            string name = keys[(index + 1)..end];
            pressed.Add(s_keys.TryGetValue(name, out ConsoleKeyInfo key) ? key : Keys.Control(name[^1]));
            index = end;
        }

        EditOutcome outcome = EditOutcome.Editing;
        for (int index = 0; index < pressed.Count; index++)
        {
            outcome = _editor.Take(_decoder.Decode(pressed[index], hasMore: index < pressed.Count - 1));
        }

        return outcome;
    }
}
