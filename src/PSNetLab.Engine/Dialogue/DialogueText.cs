using System.Globalization;
using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Dialogue;

/// <summary>Reads steps of a dialogue from text.</summary>
internal static class DialogueText
{
    private const string ServerSays = "S:";
    private const string ClientSays = "C:";
    private const char ActMark = '!';
    private const char Comment = '#';

    /// <summary>The acts as they are written, with a sentence each, for completion and error messages.</summary>
    internal static readonly (string Text, string Meaning)[] Acts =
    [
        ("!wait <ms>", "Waits so many milliseconds"),
        ("!close", "Closes the connection"),
        ("!reset", "Resets the connection (RST)"),
        ("!stall", "Says nothing more and keeps the connection open"),
        ("!mark", "Where !loop goes back to"),
        ("!loop [times]", "Goes back to the last !mark before it or, without one, to the first step that expects something"),
        ("!again", "Expects the same once more"),
        ("!tell", "Says what was expected and what came"),
    ];

    /// <summary>
    /// One step: S: text, C: pattern, !act, or a text whose turn says what it is. !! and a text is that text with one !.
    /// </summary>
    /// <exception cref="NetLabException">There is no such act.</exception>
    internal static DialogueStep Parse(string text, Encoding encoding)
    {
        if (text.StartsWith(ServerSays, StringComparison.Ordinal))
        {
            return Say(After(ServerSays, text), encoding);
        }

        if (text.StartsWith(ClientSays, StringComparison.Ordinal))
        {
            return new ExpectStep([new DialogueBranch(DialoguePattern.Parse(After(ClientSays, text)), [])]);
        }

        return !text.StartsWith(ActMark) || text.Length == 1 ? new TurnStep(text)
            : text[1] == ActMark ? new TurnStep(text[1..])
            : ParseAct(text);
    }

    /// <summary>The answer to what was expected: a text is said.</summary>
    internal static DialogueStep ParseAnswer(string text, Encoding encoding)
        => Parse(text, encoding) is var step && step is TurnStep turn ? Say(turn.Text, encoding) : step;

    /// <summary>The step that says a text.</summary>
    internal static SayStep Say(string text, Encoding encoding) => new(encoding.GetBytes(text), text);

    /// <summary>The steps in a file: a line each, with S:, C: or an act; lines that begin with # are comments.</summary>
    /// <exception cref="NetLabException">A line is none of these.</exception>
    internal static IEnumerable<DialogueStep> ParseLines(IEnumerable<string> lines, Encoding encoding)
    {
        int number = 0;
        foreach (string line in lines)
        {
            number++;
            if (line.Trim().Length == 0 || line.StartsWith(Comment))
            {
                continue;
            }

            DialogueStep step;
            try
            {
                step = Parse(line, encoding);
            }
            catch (NetLabException error)
            {
                throw new NetLabException(error.Kind, $"Line {number}: {error.Message}", error);
            }

            yield return step is not TurnStep ? step : throw new NetLabException(
                FaultKind.InvalidDialogue,
                $"Line {number}, '{line}', is no step. Begin it with S: for what the server says, C: for what it expects, "
                    + $"or ! for {string.Join(", ", Acts.Select(act => act.Text))}; # begins a comment.");
        }
    }

    /// <summary>The line of a file for what one side has said: the server says it, or the client is expected to.</summary>
    /// <remarks>What looks like a regular expression is written as a wildcard, whose first character stands for itself.</remarks>
    internal static string Line(bool isServer, string said)
        => isServer ? $"{ServerSays} {said}"
            : $"{ClientSays} {(DialoguePattern.IsExpression(said) ? $"`{Wildcard.Escape(said)}" : said)}";

    private static string After(string prefix, string text) => text[prefix.Length..] is [' ', .. var rest] ? rest : text[prefix.Length..];

    private static ActStep ParseAct(string text)
    {
        string[] words = text[1..].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        int number = 0;
        bool hasNumber = words.Length == 2
            && int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0;
        return words.Length is 1 or 2 && (words.Length == 1 || hasNumber)
            && Enum.TryParse(words[0], ignoreCase: true, out DialogueAct act)
            && act.ToString().Equals(words[0], StringComparison.OrdinalIgnoreCase)
            && hasNumber == (act == DialogueAct.Wait || (act == DialogueAct.Loop && hasNumber))
            ? new ActStep(act, number)
            : throw new NetLabException(
                FaultKind.InvalidDialogue,
                $"'{text}' is no step of a dialogue. After ! comes one of: {string.Join(", ", Acts.Select(known => known.Text[1..]))}. "
                    + "A text that begins with ! is written with two.");
    }
}
