namespace PSNetLab.Engine.Primitives;

/// <summary>
/// A pattern of text as PowerShell's -like has it: * for any text, ? for one character, [a-z] for one of several, ` before a character
/// that stands for itself. Upper and lower case are the same.
/// </summary>
/// <remarks>
/// The text between two stars is found at its first place, which is enough: a match with a later place is one with the first, too. So
/// the time grows with the text and not with the number of ways to divide it.
/// </remarks>
internal sealed class Wildcard
{
    // What stands between the stars; the first is the beginning, the last the end.
    private readonly Piece[] _pieces;
    private readonly int _least;

    /// <param name="pattern">The pattern.</param>
    internal Wildcard(string pattern)
    {
        Pattern = pattern;
        _pieces = [.. Parse(pattern)];
        _least = _pieces.Sum(piece => piece.Length);
    }

    internal string Pattern { get; }

    /// <summary>How many characters a text must have that it matches: the more, the more it says.</summary>
    internal int LeastCharacters => _least;

    /// <summary>Whether it matches only one text.</summary>
    internal bool IsOneText => _pieces is [{ IsText: true }];

    /// <summary>The pattern of one text, whose characters all stand for themselves.</summary>
    internal static string Escape(string text)
        => string.Concat(text.Select(c => c is '*' or '?' or '[' or ']' or '`' ? $"`{c}" : $"{c}"));

    internal bool IsMatch(ReadOnlySpan<char> text)
    {
        Piece first = _pieces[0];
        if (_pieces.Length == 1)
        {
            return text.Length == first.Length && first.IsAt(text);
        }

        Piece last = _pieces[^1];
        if (text.Length < _least || !first.IsAt(text) || !last.IsAt(text[^last.Length..]))
        {
            return false;
        }

        text = text[first.Length..^last.Length];
        foreach (Piece piece in _pieces.AsSpan(1, _pieces.Length - 2))
        {
            int start = piece.Find(text);
            if (start < 0)
            {
                return false;
            }

            text = text[(start + piece.Length)..];
        }

        return true;
    }

    private static IEnumerable<Piece> Parse(string pattern)
    {
        List<Place> places = [];
        for (int i = 0; i < pattern.Length; i++)
        {
            char c = pattern[i];
            int end = c == '[' ? pattern.IndexOf(']', i + 1) : -1;
            switch (c)
            {
                case '*':
                    yield return new Piece([.. places]);
                    places.Clear();
                    break;
                case '?':
                    places.Add(new Place('\0', string.Empty));
                    break;
                case '[' when end > i + 1:
                    places.Add(new Place('\0', pattern[(i + 1)..end].ToUpperInvariant()));
                    i = end;
                    break;
                case '`' when i + 1 < pattern.Length:
                    places.Add(new Place(pattern[++i], null));
                    break;
                default:
                    places.Add(new Place(c, null));
                    break;
            }
        }

        yield return new Piece([.. places]);
    }

    /// <summary>One character of a pattern: itself, or one of a set. An empty set is any.</summary>
    private readonly record struct Place(char Character, string? Set)
    {
        internal bool Accepts(char c)
        {
            c = char.ToUpperInvariant(c);
            if (Set is null)
            {
                return c == char.ToUpperInvariant(Character);
            }

            for (int i = 0; i < Set.Length; i++)
            {
                bool isRange = i + 2 < Set.Length && Set[i + 1] == '-';
                if (isRange ? c >= Set[i] && c <= Set[i + 2] : c == Set[i])
                {
                    return true;
                }

                i += isRange ? 2 : 0;
            }

            return Set.Length == 0;
        }
    }

    /// <summary>A part of a pattern without a star.</summary>
    private sealed class Piece(Place[] places)
    {
        private readonly string? _text = Array.TrueForAll(places, place => place.Set is null)
            ? string.Concat(places.Select(place => place.Character))
            : null;

        internal int Length => places.Length;

        internal bool IsText => _text is not null;

        /// <summary>Whether a text begins with it; the text is long enough.</summary>
        internal bool IsAt(ReadOnlySpan<char> text)
        {
            if (_text is not null)
            {
                return text.StartsWith(_text, StringComparison.OrdinalIgnoreCase);
            }

            for (int i = 0; i < places.Length; i++)
            {
                if (!places[i].Accepts(text[i]))
                {
                    return false;
                }
            }

            return true;
        }

        /// <summary>Where it is in a text for the first time, or -1.</summary>
        internal int Find(ReadOnlySpan<char> text)
        {
            if (_text is not null)
            {
                return text.IndexOf(_text, StringComparison.OrdinalIgnoreCase);
            }

            for (int start = 0; start <= text.Length - places.Length; start++)
            {
                if (IsAt(text[start..]))
                {
                    return start;
                }
            }

            return -1;
        }
    }
}
