namespace PSNetLab.Engine.Terminal;

/// <summary>The lines that were entered, and the place in them of whoever looks back.</summary>
internal sealed class LineHistory
{
    private const int MostLines = 1000;

    private readonly List<string> _lines = [];
    private int _place;
    private string _draft = string.Empty;

    /// <summary>Adds a line, unless it is empty or the same as the last, and goes to the end.</summary>
    internal void Add(string line)
    {
        if (line.Length > 0 && (_lines.Count == 0 || _lines[^1] != line))
        {
            _lines.Add(line);
            if (_lines.Count > MostLines)
            {
                _lines.RemoveAt(0);
            }
        }

        Rewind();
    }

    /// <summary>Goes to the end, where the next line will be.</summary>
    internal void Rewind() => _place = _lines.Count;

    /// <summary>The line before, or null at the first.</summary>
    /// <param name="current">The line that is being written, to come back to.</param>
    internal string? Older(string current)
    {
        if (_place == 0)
        {
            return null;
        }

        if (_place == _lines.Count)
        {
            _draft = current;
        }

        return _lines[--_place];
    }

    /// <summary>The next line, after the last the one that was being written; null when already there.</summary>
    internal string? Newer() => _place >= _lines.Count ? null : ++_place == _lines.Count ? _draft : _lines[_place];
}
