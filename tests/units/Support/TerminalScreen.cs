using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Terminal;

namespace PSNetLab.Engine.Tests;

/// <summary>A terminal as the tests see it: keys in, a screen out, and whatever it was told that is not plain text.</summary>
/// <remarks>It breaks rows that become too long when it is made narrower, as most terminals do.</remarks>
internal sealed partial class TerminalScreen(int columns, int lines) : ITerminal
{
    private readonly object _gate = new();
    private readonly Queue<ConsoleKeyInfo> _keys = new();

    // Of a wide character, the second cell is empty.
    private readonly List<List<string>> _rows = [[]];
    private int _row;
    private int _column;

    public int Columns { get; private set; } = columns;

    public int Lines { get; } = lines;

    public bool HasKey
    {
        get
        {
            lock (_gate)
            {
                return _keys.Count > 0;
            }
        }
    }

    /// <summary>Everything that was written.</summary>
    internal StringBuilder Written { get; } = new();

    /// <summary>All rows, those that went out at the top as well, without empty ones at the end; a | is where the cursor is.</summary>
    internal string Text
    {
        get
        {
            lock (_gate)
            {
                IEnumerable<string> rows = _rows.Select((cells, row) => row != _row ? string.Concat(cells)
                    : string.Concat(cells.Take(_column)) + "|" + string.Concat(cells.Skip(_column)));
                return string.Join('\n', rows.Select(row => row.TrimEnd())).TrimEnd('\n');
            }
        }
    }

    public ConsoleKeyInfo ReadKey()
    {
        lock (_gate)
        {
            return _keys.Dequeue();
        }
    }

    public void Write(string text)
    {
        lock (_gate)
        {
            Written.Append(text);
            for (int index = 0; index < text.Length;)
            {
                Match command = Command().Match(text, index);
                if (command.Success)
                {
                    Obey(command);
                    index += command.Length;
                    continue;
                }

                int length = StringInfo.GetNextTextElementLength(text, index);
                Take(text.Substring(index, length));
                index += length;
            }
        }
    }

    /// <summary>Presses keys all at once, as pasted text arrives.</summary>
    internal void Press(params ConsoleKeyInfo[] keys)
    {
        lock (_gate)
        {
            Array.ForEach(keys, _keys.Enqueue);
        }
    }

    /// <summary>Types a text; \r is Enter.</summary>
    internal void Type(string text) => Press([.. text.Select(Keys.Of)]);

    /// <summary>Changes the width.</summary>
    internal void Resize(int columns)
    {
        lock (_gate)
        {
            for (int row = 0; row < _rows.Count; row++)
            {
                if (_rows[row].Count <= columns)
                {
                    continue;
                }

                int cut = _rows[row][columns].Length == 0 ? columns - 1 : columns;
                _rows.Insert(row + 1, _rows[row][cut..]);
                _rows[row].RemoveRange(cut, _rows[row].Count - cut);
                if (_row > row)
                {
                    _row++;
                }
                else if (_row == row && _column >= cut)
                {
                    (_row, _column) = (row + 1, _column - cut);
                }
            }

            Columns = columns;
        }
    }

    [GeneratedRegex(@"\G\u001b\[(\d*)([ACJHm])")]
    private static partial Regex Command();

    private void Obey(Match command)
    {
        int count = command.Groups[1].Length == 0 ? 1 : int.Parse(command.Groups[1].Value, CultureInfo.InvariantCulture);
        switch (command.Groups[2].Value)
        {
            case "A":
                _row = Math.Max(Math.Max(0, _rows.Count - Lines), _row - count);
                break;
            case "C":
                _column = Math.Min(Columns - 1, _column + count);
                break;
            case "J" when count == 2:
                _rows.RemoveRange(Math.Max(0, _rows.Count - Lines), Math.Min(Lines, _rows.Count));
                _rows.Add([]);
                (_row, _column) = (_rows.Count - 1, 0);
                break;
            case "J":
                _rows.RemoveRange(_row + 1, _rows.Count - _row - 1);
                _rows[_row].RemoveRange(Math.Min(_column, _rows[_row].Count), Math.Max(0, _rows[_row].Count - _column));
                break;
            case "H":
                (_row, _column) = (Math.Max(0, _rows.Count - Lines), 0);
                break;
        }
    }

    private void Take(string character)
    {
        switch (character)
        {
            case "\r\n":
                (_row, _column) = (_row + 1, 0);
                break;
            case "\r":
                _column = 0;
                return;
            case "\n":
                _row++;
                break;
            default:
                Put(character);
                return;
        }

        if (_row == _rows.Count)
        {
            _rows.Add([]);
        }
    }

    private void Put(string character)
    {
        Assert.False(char.IsControl(character[0]), $"The terminal got {(int)character[0]:x}.");
        int width = CharacterWidth.OfOne(character);
        if (_column + width > Columns)
        {
            Take("\r\n");
        }

        List<string> cells = _rows[_row];
        while (cells.Count < _column + width)
        {
            cells.Add(" ");
        }

        cells[_column] = character;
        if (width == 2)
        {
            cells[_column + 1] = string.Empty;
        }

        _column += width;
    }
}

/// <summary>Keys as a console reports them.</summary>
internal static class Keys
{
    internal static readonly ConsoleKeyInfo Left = Named(ConsoleKey.LeftArrow);
    internal static readonly ConsoleKeyInfo Right = Named(ConsoleKey.RightArrow);
    internal static readonly ConsoleKeyInfo Up = Named(ConsoleKey.UpArrow);
    internal static readonly ConsoleKeyInfo Down = Named(ConsoleKey.DownArrow);
    internal static readonly ConsoleKeyInfo Home = Named(ConsoleKey.Home);
    internal static readonly ConsoleKeyInfo End = Named(ConsoleKey.End);
    internal static readonly ConsoleKeyInfo Delete = Named(ConsoleKey.Delete);
    internal static readonly ConsoleKeyInfo Backspace = Named(ConsoleKey.Backspace, '\x7f');
    internal static readonly ConsoleKeyInfo Escape = Named(ConsoleKey.Escape, '\x1b');

    internal static ConsoleKeyInfo Named(ConsoleKey key, char character = '\0', bool alt = false, bool control = false)
        => new(character, key, shift: false, alt, control);

    internal static ConsoleKeyInfo Control(char letter)
        => Named((ConsoleKey)letter, (char)(letter - 'A' + 1), control: true);

    /// <summary>The key of a character; Enter is \r.</summary>
    internal static ConsoleKeyInfo Of(char character) => character switch
    {
        '\r' => Named(ConsoleKey.Enter, character),
        '\n' => Named(ConsoleKey.Enter, character, control: true),
        '\t' => Named(ConsoleKey.Tab, character),
        '\x1b' => Escape,
        _ => Named(char.IsAsciiLetter(character) ? (ConsoleKey)char.ToUpperInvariant(character) : ConsoleKey.None, character),
    };
}
