namespace PSNetLab.Engine.Terminal;

/// <summary>What a key asks the editor of a line to do.</summary>
internal enum EditAction
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Put a character at the cursor.</summary>
    Insert,

    /// <summary>The line is done.</summary>
    Enter,

    /// <summary>One character to the left.</summary>
    Left,

    /// <summary>One character to the right.</summary>
    Right,

    /// <summary>To the beginning of the word.</summary>
    WordLeft,

    /// <summary>To the beginning of the next word.</summary>
    WordRight,

    /// <summary>To the beginning of the line.</summary>
    Home,

    /// <summary>To the end of the line.</summary>
    End,

    /// <summary>The line before in the history.</summary>
    Older,

    /// <summary>The next line in the history.</summary>
    Newer,

    /// <summary>Delete the character before the cursor.</summary>
    DeleteBack,

    /// <summary>Delete the character at the cursor.</summary>
    DeleteForward,

    /// <summary>Cut the word before the cursor.</summary>
    CutWordBack,

    /// <summary>Cut the word at the cursor.</summary>
    CutWordForward,

    /// <summary>Cut everything before the cursor.</summary>
    CutToStart,

    /// <summary>Cut everything from the cursor on.</summary>
    CutToEnd,

    /// <summary>Put in what was cut.</summary>
    Paste,

    /// <summary>Empty the line.</summary>
    Clear,

    /// <summary>Complete the word.</summary>
    Complete,

    /// <summary>Clear the screen.</summary>
    ClearScreen,

    /// <summary>Ctrl+D: delete the character at the cursor; on an empty line, there is nothing more to say.</summary>
    DeleteOrEndInput,

    /// <summary>Ctrl+C: leave.</summary>
    Leave,
}

/// <summary>A key as the editor takes it.</summary>
/// <param name="Action">What to do.</param>
/// <param name="Character">The character of <see cref="EditAction.Insert"/>: a UTF-16 unit.</param>
internal readonly record struct KeyStroke(EditAction Action, char Character = '\0');
