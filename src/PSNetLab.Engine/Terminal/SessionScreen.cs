using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Terminal;

/// <summary>The screen of a session: what was said goes by, and the line being written stays below.</summary>
internal sealed class SessionScreen(ITerminal terminal, bool hasColors)
{
    /// <summary>What stands before a line that is being written, and before one that was sent.</summary>
    internal const string SentMark = "> ";

    private const string ReceivedMark = "< ";
    private const string NoteMark = "* ";
    private const string Reset = "\u001b[0m";
    private const string ReceivedColor = "\u001b[32m";
    private const string SentColor = "\u001b[36m";
    private const string NoteColor = "\u001b[33m";
    private const int TabColumns = 8;

    private readonly PromptView _view = new();
    private readonly StringBuilder _printed = new();
    private string _unfinished = string.Empty;
    private (string Unfinished, string Line, int Cursor, int Columns, int Lines) _drawn;

    /// <summary>How many columns there are for what stands behind a mark.</summary>
    internal int Columns => terminal.Columns - SentMark.Length;

    /// <summary>The line of the peer whose end has not come.</summary>
    internal string Unfinished
    {
        set => _unfinished = value;
    }

    internal void Received(string line) => Print(ReceivedColor, ReceivedMark, line);

    internal void Sent(string line) => Print(SentColor, SentMark, line);

    /// <summary>Tells a sentence of this side, which is broken between words.</summary>
    internal void Note(string sentence)
    {
        StringBuilder row = new();
        int width = 0;
        foreach (string word in sentence.Split(' '))
        {
            int one = CharacterWidth.Of(word);
            if (width > 0 && width + 1 + one > Columns)
            {
                Print(NoteColor, NoteMark, row.ToString());
                row.Clear();
                width = 0;
            }

            row.Append(row.Length > 0 ? " " : string.Empty).Append(word);
            width += one + (row.Length > word.Length ? 1 : 0);
        }

        Print(NoteColor, NoteMark, row.ToString());
    }

    /// <summary>Empties the screen.</summary>
    internal void Clear()
    {
        terminal.Write(_view.Erase(terminal.Columns) + "\u001b[H\u001b[2J");
        _drawn = default;
    }

    /// <summary>Shows what is new, if there is any.</summary>
    internal void Show(string line, int cursor)
    {
        (string, string, int, int, int) now = (_unfinished, line, cursor, terminal.Columns, terminal.Lines);
        if (_printed.Length == 0 && now == _drawn)
        {
            return;
        }

        string erase = _view.Erase(terminal.Columns);
        string unfinished = _unfinished.Length > 0 ? ReceivedMark + Expanded(_unfinished) : string.Empty;
        terminal.Write(
            erase + _printed + _view.Draw(unfinished, SentMark, line, cursor, terminal.Columns, terminal.Lines));
        _printed.Clear();
        _drawn = now;
    }

    /// <summary>Shows what is new, and takes the line being written away.</summary>
    internal void End()
    {
        terminal.Write(_view.Erase(terminal.Columns) + _printed);
        _printed.Clear();
    }

    private void Print(string color, string mark, string line)
    {
        string text = PeerText.Visible(Expanded(line));
        _printed.Append(hasColors ? $"{color}{mark}{Reset}{text}\r\n" : $"{mark}{text}\r\n");
    }

    /// <summary>The line with spaces in place of tabs.</summary>
    private static string Expanded(string line)
    {
        if (!line.Contains('\t', StringComparison.Ordinal))
        {
            return line;
        }

        StringBuilder expanded = new();
        int column = 0;
        string[] parts = line.Split('\t');
        for (int part = 0; part < parts.Length; part++)
        {
            expanded.Append(parts[part]);
            column += CharacterWidth.Of(parts[part]);
            if (part < parts.Length - 1)
            {
                int spaces = TabColumns - (column % TabColumns);
                expanded.Append(' ', spaces);
                column += spaces;
            }
        }

        return expanded.ToString();
    }
}
