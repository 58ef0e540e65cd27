namespace PSNetLab.Engine.Terminal;

/// <summary>Turns the keys of a console into what they mean: those of Emacs and Bash, and those of Windows.</summary>
/// <remarks>
/// On Unix, Alt and a letter arrive as Escape and the letter, and so do sequences that .NET does not know, such as the marks around
/// pasted text.
/// </remarks>
internal sealed class KeyDecoder
{
    private bool _afterEscape;
    private bool _inSequence;

    /// <param name="key">The key.</param>
    /// <param name="hasMore">Whether another key has already arrived: a person is not that fast after Escape.</param>
    internal KeyStroke Decode(ConsoleKeyInfo key, bool hasMore)
    {
        // A control character ends a sequence that was not finished, and means what it always does: Ctrl+C leaves.
        _inSequence &= !char.IsControl(key.KeyChar);
        if (_inSequence)
        {
            _inSequence = key.KeyChar is < '@' or > '~';
            return default;
        }

        bool isAlt = _afterEscape || key.Modifiers.HasFlag(ConsoleModifiers.Alt);
        if (_afterEscape)
        {
            _afterEscape = false;
            if (key.KeyChar is '[' or 'O')
            {
                _inSequence = true;
                return default;
            }
        }
        else if (key.Key == ConsoleKey.Escape)
        {
            _afterEscape = hasMore;
            return new KeyStroke(hasMore ? EditAction.None : EditAction.Clear);
        }

        // AltGr of European keyboards is Ctrl and Alt on Windows, and makes characters.
        bool isCtrl = key.Modifiers.HasFlag(ConsoleModifiers.Control) && !isAlt;
        EditAction action = Named(key.Key, isCtrl, isAlt);
        if (action == EditAction.None && !char.IsControl(key.KeyChar) && (!isAlt || key.Modifiers.HasFlag(ConsoleModifiers.Control)))
        {
            return new KeyStroke(EditAction.Insert, key.KeyChar);
        }

        return new KeyStroke(action != EditAction.None ? action : isAlt ? Alt(key.Key) : Control(key.KeyChar));
    }

    private static EditAction Named(ConsoleKey key, bool isCtrl, bool isAlt)
    {
        bool isWord = isCtrl || isAlt;
        return key switch
        {
            ConsoleKey.Enter => EditAction.Enter,
            ConsoleKey.Tab => EditAction.Complete,
            ConsoleKey.LeftArrow => isWord ? EditAction.WordLeft : EditAction.Left,
            ConsoleKey.RightArrow => isWord ? EditAction.WordRight : EditAction.Right,
            ConsoleKey.UpArrow => EditAction.Older,
            ConsoleKey.DownArrow => EditAction.Newer,
            ConsoleKey.Home => EditAction.Home,
            ConsoleKey.End => EditAction.End,
            ConsoleKey.Backspace => isWord ? EditAction.CutWordBack : EditAction.DeleteBack,
            ConsoleKey.Delete => isWord ? EditAction.CutWordForward : EditAction.DeleteForward,
            _ => EditAction.None,
        };
    }

    private static EditAction Alt(ConsoleKey key) => key switch
    {
        ConsoleKey.B => EditAction.WordLeft,
        ConsoleKey.F => EditAction.WordRight,
        ConsoleKey.D => EditAction.CutWordForward,
        _ => EditAction.None,
    };

    private static EditAction Control(char character) => character switch
    {
        '\x01' => EditAction.Home,
        '\x02' => EditAction.Left,
        '\x03' => EditAction.Leave,
        '\x04' => EditAction.DeleteOrEndInput,
        '\x05' => EditAction.End,
        '\x06' => EditAction.Right,
        '\b' => EditAction.DeleteBack,
        '\t' => EditAction.Complete,
        '\n' or '\r' => EditAction.Enter,
        '\x0b' => EditAction.CutToEnd,
        '\x0c' => EditAction.ClearScreen,
        '\x0e' => EditAction.Newer,
        '\x10' => EditAction.Older,
        '\x15' => EditAction.CutToStart,
        '\x17' => EditAction.CutWordBack,
        '\x19' => EditAction.Paste,
        '\x7f' => EditAction.DeleteBack,
        _ => EditAction.None,
    };
}
