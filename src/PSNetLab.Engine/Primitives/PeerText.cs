using System.Text;

namespace PSNetLab.Engine.Primitives;

/// <summary>Text that somebody else chose, made fit to be shown: it cannot clear, color, reorder or command a terminal.</summary>
internal static class PeerText
{
    private const int MostCharacters = 100;
    private const char FirstSymbol = '\u2400';
    private const char DeleteSymbol = '\u2421';
    private const char Other = '\ufffd';

    /// <summary>What a peer said, for a sentence of ours.</summary>
    internal static string Shown(string said) => Beginning(said.Trim(), MostCharacters);

    /// <summary>At most so many characters of a text; an ellipsis is the last if there are more.</summary>
    internal static string Beginning(string text, int most)
    {
        if (text.Length <= most)
        {
            return Visible(text);
        }

        int end = most > 1 && char.IsHighSurrogate(text[most - 2]) ? most - 2 : most - 1;
        return $"{Visible(text[..end])}\u2026";
    }

    /// <summary>
    /// The text with a symbol for each control character (U+2400 and up), and U+FFFD for all else that is not to be seen: C1 controls,
    /// controls of the direction of writing, invisible characters and halves of pairs. It is as long as before.
    /// </summary>
    /// <remarks>Joiners stay, because scripts and emoji need them; they do nothing on their own.</remarks>
    internal static string Visible(string text)
    {
        int first = 0;
        while (first < text.Length && text[first] is >= ' ' and < '\x7f')
        {
            first++;
        }

        return first == text.Length ? text : string.Create(text.Length, text, static (shown, text) =>
        {
            text.CopyTo(shown);
            MakeVisible(shown);
        });
    }

    /// <summary>The same of text that may have several lines: line ends and tabs stay.</summary>
    internal static string Lines(string text) => string.Create(text.Length, text, static (shown, text) =>
    {
        text.CopyTo(shown);
        MakeVisible(shown);
        for (int i = 0; i < text.Length; i++)
        {
            bool isEnd = text[i] == '\n' || (text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n');
            shown[i] = isEnd || text[i] == '\t' ? text[i] : shown[i];
        }
    });

    /// <inheritdoc cref="Visible"/>
    internal static void MakeVisible(Span<char> text)
    {
        while (!text.IsEmpty)
        {
            bool isWhole = Rune.DecodeFromUtf16(text, out Rune rune, out int length) == System.Buffers.OperationStatus.Done;
            if (!isWhole || IsUnseen(rune.Value))
            {
                text[..length].Fill(rune.Value switch
                {
                    < ' ' => (char)(FirstSymbol + rune.Value),
                    0x7f => DeleteSymbol,
                    _ => Other,
                });
            }

            text = text[length..];
        }
    }

    /// <summary>Whether it is a control or a format character of Unicode, apart from joiners and signs that have a shape.</summary>
    internal static bool IsUnseen(int character) => character
        is < ' ' or >= 0x7f and < 0xa0 or 0xad or 0x61c or 0x180e or 0x200b or 0x200e or 0x200f or >= 0x2028 and <= 0x202e
        or >= 0x2060 and <= 0x206f or 0xfeff or >= 0xfff9 and <= 0xfffb or >= 0x1d173 and <= 0x1d17a or >= 0xe0000 and <= 0xe00ff;
}
