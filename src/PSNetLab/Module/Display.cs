using System.Management.Automation;

namespace PSNetLab;

/// <summary>What the table views show of a value that a peer chose.</summary>
public static class Display
{
    private const int MostCharacters = 256;

    /// <summary>The text of a message, with control characters as their symbols (U+2400 and on), so that no peer can clear or colour the screen, and cut where it is long.</summary>
    /// <param name="message">An object with a Text property.</param>
    public static string Text(PSObject message)
    {
        ArgumentNullException.ThrowIfNull(message);
        string text = message.Properties["Text"]?.Value as string ?? string.Empty;
        bool cut = text.Length > MostCharacters;
        return string.Create(cut ? MostCharacters : text.Length, (text, cut), static (shown, source) =>
        {
            source.text.AsSpan(0, shown.Length).CopyTo(shown);
            for (int i = 0; i < shown.Length; i++)
            {
                shown[i] = shown[i] switch
                {
                    < ' ' => (char)(0x2400 + shown[i]),
                    '\x7f' => '\u2421',
                    >= '\x80' and < '\xa0' => '\ufffd',
                    _ => shown[i],
                };
            }

            if (source.cut)
            {
                shown[^1] = '\u2026';
            }
        });
    }
}
