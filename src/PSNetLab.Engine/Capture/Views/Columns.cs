using System.Globalization;
using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Capture.Views;

/// <summary>Fits text into columns of a terminal, where some characters take two.</summary>
internal static class Columns
{
    private const string Ellipsis = "\u2026";

    /// <summary>The text in pieces of at most so many columns; of an empty text, one that is empty.</summary>
    internal static IEnumerable<string> Wrap(string text, int columns)
    {
        StringBuilder piece = new();
        int width = 0;
        foreach (string one in Graphemes(text))
        {
            int own = CharacterWidth.OfOne(one);
            if (width + own > columns && piece.Length > 0)
            {
                yield return piece.ToString();
                piece.Clear();
                width = 0;
            }

            piece.Append(one);
            width += own;
        }

        yield return piece.ToString();
    }

    /// <summary>The beginning of a text; an ellipsis is the last if there is more.</summary>
    internal static string Beginning(string text, int columns)
        => CharacterWidth.Of(text) <= columns ? text
            : columns <= 1 ? Ellipsis
            : Wrap(text, columns - 1).First() + Ellipsis;

    /// <summary>The text in the middle of so many columns, between fillers.</summary>
    internal static string Center(string text, int columns, char filler)
    {
        int rest = Math.Max(columns - CharacterWidth.Of(text), 0);
        return new string(filler, rest / 2) + text + new string(filler, rest - (rest / 2));
    }

    /// <summary>The text, and spaces behind it.</summary>
    internal static string Left(string text, int columns) => text + new string(' ', Math.Max(columns - CharacterWidth.Of(text), 0));

    /// <summary>The text, and spaces before it.</summary>
    internal static string Right(string text, int columns) => new string(' ', Math.Max(columns - CharacterWidth.Of(text), 0)) + text;

    private static IEnumerable<string> Graphemes(string text)
    {
        TextElementEnumerator elements = StringInfo.GetTextElementEnumerator(text);
        while (elements.MoveNext())
        {
            yield return elements.GetTextElement();
        }
    }
}
