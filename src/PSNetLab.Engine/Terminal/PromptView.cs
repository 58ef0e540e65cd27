using System.Globalization;
using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Terminal;

/// <summary>
/// What is drawn below everything that was printed: the unfinished line of the peer, and the line being written with its prompt. It is
/// erased to print something above it, and drawn again.
/// </summary>
/// <remarks>
/// Does no I/O: it makes the text for the terminal, with the escape sequences that every terminal knows. It never asks where the cursor
/// is, and wraps its rows itself, so that it knows how many there are.
/// </remarks>
internal sealed class PromptView
{
    private const int LeastColumns = 4;

    private readonly List<Row> _rows = [];
    private int _cursorRow;
    private int _cursorIndex;
    private int _columns;

    /// <summary>What takes the drawn rows off the screen; the cursor is where they began.</summary>
    /// <param name="columns">The columns of the terminal, which may have been resized meanwhile.</param>
    internal string Erase(int columns)
    {
        if (_rows.Count == 0)
        {
            return string.Empty;
        }

        int up = _cursorRow;
        if (columns < _columns)
        {
            // The terminal has broken rows that became too long.
            Wrap(_rows[_cursorRow].Text, columns, _cursorIndex, out up, out _);
            up += _rows.Take(_cursorRow).Sum(row => Wrap(row.Text, columns, -1, out _, out _).Count);
        }

        _rows.Clear();
        return up > 0 ? $"\r\u001b[{up}A\u001b[J" : "\r\u001b[J";
    }

    /// <summary>Draws the rows.</summary>
    /// <param name="unfinished">The prefix and the text of the peer's unfinished line; empty if there is none.</param>
    /// <param name="prompt">What stands before the line.</param>
    /// <param name="line">The line being written.</param>
    /// <param name="cursor">Where in it the cursor is.</param>
    /// <param name="columns">The columns of the terminal.</param>
    /// <param name="lines">Its lines.</param>
    internal string Draw(string unfinished, string prompt, string line, int cursor, int columns, int lines)
    {
        _columns = Math.Max(columns, LeastColumns);
        _rows.Clear();
        List<Row> above = unfinished.Length == 0 ? [] : Wrap(unfinished, _columns, -1, out _, out _);
        List<Row> own = Wrap(prompt + line, _columns, prompt.Length + cursor, out int cursorRow, out int cursorColumn);
        _cursorIndex = prompt.Length + cursor - own.Take(cursorRow).Sum(row => row.Text.Length);

        // What does not fit could not be erased: what is furthest from the cursor is left out.
        int most = Math.Max(lines - 1, 1);
        int first = own.Count <= most ? 0 : Math.Clamp(cursorRow - (most / 2), 0, own.Count - most);
        own = own[first..Math.Min(own.Count, first + most)];
        int room = Math.Min(above.Count, most - own.Count);
        _rows.AddRange(above[^room..]);
        _rows.AddRange(own);
        _cursorRow = room + cursorRow - first;

        StringBuilder text = new();
        text.AppendJoin("\r\n", _rows.Select(row => row.Text));
        int up = _rows.Count - 1 - _cursorRow;
        text.Append('\r');
        _ = up > 0 ? text.Append(CultureInfo.InvariantCulture, $"\u001b[{up}A") : text;
        _ = cursorColumn > 0 ? text.Append(CultureInfo.InvariantCulture, $"\u001b[{cursorColumn}C") : text;
        return text.ToString();
    }

    private static List<Row> Wrap(string content, int columns, int cursor, out int cursorRow, out int cursorColumn)
    {
        string shown = PeerText.Visible(content);
        List<Row> rows = [];
        int start = 0;
        int width = 0;
        (cursorRow, cursorColumn) = (0, 0);
        for (int index = 0; index < shown.Length;)
        {
            int length = StringInfo.GetNextTextElementLength(shown, index);
            int one = CharacterWidth.OfOne(shown.AsSpan(index, length));
            if (width > 0 && width + one > columns)
            {
                rows.Add(new Row(shown[start..index], width));
                (start, width) = (index, 0);
            }

            if (index <= cursor && cursor < index + length)
            {
                (cursorRow, cursorColumn) = (rows.Count, width);
            }

            width += one;
            index += length;
        }

        rows.Add(new Row(shown[start..], width));
        if (cursor >= shown.Length)
        {
            if (width >= columns)
            {
                // The cursor has no place behind a full row.
                rows.Add(new Row(string.Empty, 0));
            }

            (cursorRow, cursorColumn) = (rows.Count - 1, rows[^1].Width);
        }

        return rows;
    }

    private readonly record struct Row(string Text, int Width);
}
