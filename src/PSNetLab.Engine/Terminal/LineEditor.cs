using System.Globalization;

namespace PSNetLab.Engine.Terminal;

/// <summary>What became of the line after a key.</summary>
internal enum EditOutcome
{
    /// <summary>It is still being written.</summary>
    Editing,

    /// <summary>It is done: <see cref="LineEditor.TakeLine"/>.</summary>
    Line,

    /// <summary>Its word is to be completed.</summary>
    Complete,

    /// <summary>The screen is to be cleared.</summary>
    ClearScreen,

    /// <summary>There is nothing more to say.</summary>
    EndOfInput,

    /// <summary>The user wants to leave.</summary>
    Leave,
}

/// <summary>One line of text that is being written: keys in, text and cursor out.</summary>
/// <remarks>The cursor moves by graphemes: what a reader takes for one character.</remarks>
internal sealed class LineEditor(LineHistory history)
{
    private string _cut = string.Empty;

    /// <summary>The text so far.</summary>
    internal string Text { get; private set; } = string.Empty;

    /// <summary>The index in <see cref="Text"/> before which the cursor stands.</summary>
    internal int Cursor { get; private set; }

    /// <summary>Does what a key asks for.</summary>
    internal EditOutcome Take(KeyStroke key)
    {
        switch (key.Action)
        {
            case EditAction.Enter:
                return EditOutcome.Line;
            case EditAction.Complete:
                return EditOutcome.Complete;
            case EditAction.ClearScreen:
                return EditOutcome.ClearScreen;
            case EditAction.Leave:
                return EditOutcome.Leave;
            case EditAction.DeleteOrEndInput when Text.Length == 0:
                return EditOutcome.EndOfInput;
            case EditAction.Insert:
                Insert(key.Character.ToString());
                break;
            case EditAction.Paste:
                Insert(_cut);
                break;
            case EditAction.Clear:
                Set(string.Empty);
                history.Rewind();
                break;
            case EditAction.Older:
                Set(history.Older(Text));
                break;
            case EditAction.Newer:
                Set(history.Newer());
                break;
            case EditAction.DeleteBack:
                Remove(Previous(), Cursor);
                break;
            case EditAction.DeleteForward or EditAction.DeleteOrEndInput:
                Remove(Cursor, Next());
                break;
            case EditAction.CutWordBack:
                Cut(WordStart(), Cursor);
                break;
            case EditAction.CutWordForward:
                Cut(Cursor, WordEnd());
                break;
            case EditAction.CutToStart:
                Cut(0, Cursor);
                break;
            case EditAction.CutToEnd:
                Cut(Cursor, Text.Length);
                break;
            default:
                Cursor = Target(key.Action);
                break;
        }

        return EditOutcome.Editing;
    }

    /// <summary>Puts a text at the cursor.</summary>
    internal void Insert(string text)
    {
        Text = Text.Insert(Cursor, text);
        Cursor += text.Length;
    }

    /// <summary>Replaces the line; the cursor is at its end. Null leaves it as it is.</summary>
    internal void Set(string? text)
    {
        if (text is not null)
        {
            Text = text;
            Cursor = text.Length;
        }
    }

    /// <summary>Takes the line that is done, remembers it, and begins the next.</summary>
    internal string TakeLine()
    {
        string line = Text;
        history.Add(line);
        Set(string.Empty);
        return line;
    }

    private int Target(EditAction action) => action switch
    {
        EditAction.Left => Previous(),
        EditAction.Right => Next(),
        EditAction.WordLeft => WordStart(),
        EditAction.WordRight => NextWord(),
        EditAction.Home => 0,
        EditAction.End => Text.Length,
        _ => Cursor,
    };

    private int Next() => Cursor + StringInfo.GetNextTextElementLength(Text, Cursor);

    private int Previous()
    {
        // Where a character begins is known only from the front.
        int before = 0;
        for (int next = 0; next < Cursor; next += StringInfo.GetNextTextElementLength(Text, next))
        {
            before = next;
        }

        return before;
    }

    private int WordStart()
    {
        int index = Cursor;
        while (index > 0 && !IsWord(index - 1))
        {
            index--;
        }

        while (index > 0 && IsWord(index - 1))
        {
            index--;
        }

        return index;
    }

    private int WordEnd()
    {
        int index = Cursor;
        while (index < Text.Length && !IsWord(index))
        {
            index++;
        }

        return Skip(index);
    }

    private int NextWord()
    {
        int index = Skip(Cursor);
        while (index < Text.Length && !IsWord(index))
        {
            index++;
        }

        return index;
    }

    private int Skip(int index)
    {
        while (index < Text.Length && IsWord(index))
        {
            index++;
        }

        return index;
    }

    private bool IsWord(int index) => !char.IsWhiteSpace(Text[index]);

    private void Cut(int start, int end)
    {
        if (end > start)
        {
            _cut = Text[start..end];
            Remove(start, end);
        }
    }

    private void Remove(int start, int end)
    {
        Text = Text.Remove(start, end - start);
        Cursor = start;
    }
}
