using System.Collections;
using System.Collections.Specialized;
using System.Management.Automation;
using System.Text;
using System.Text.RegularExpressions;
using PSNetLab.Engine.Dialogue;

namespace PSNetLab.Conversion;

/// <summary>Reads the steps of a dialogue from what -Dialogue and -Unexpected are given.</summary>
internal static class DialogueInput
{
    /// <summary>The steps of -Dialogue: texts, bytes, tables of what is expected, and lists of what is said.</summary>
    /// <exception cref="NetLabException">Something is no step.</exception>
    internal static IReadOnlyList<DialogueStep> Read(object? dialogue, Encoding encoding)
        => [.. Items(dialogue).Select(item => item is string text ? DialogueText.Parse(text, encoding) : Step(item, encoding))];

    /// <summary>The steps that follow when something has come: texts are said.</summary>
    /// <exception cref="NetLabException">Something is no step.</exception>
    internal static IReadOnlyList<DialogueStep> ReadAnswer(object? answer, Encoding encoding)
        => [.. Items(answer).Select(item => item is string text ? DialogueText.ParseAnswer(text, encoding) : Step(item, encoding))];

    private static DialogueStep Step(object? item, Encoding encoding) => item switch
    {
        IDictionary table => Expect(table, encoding),
        Regex regex => new ExpectStep([new DialogueBranch(DialoguePattern.Of(regex), [])]),
        IList list and not byte[] => new GroupStep(ReadAnswer(list, encoding)),
        ScriptBlock => throw new NetLabException(
            FaultKind.InvalidDialogue, "A dialogue cannot run a script block. For answers that a script makes, use -ScriptBlock."),
        _ => new SayStep(Payload.From(item, encoding), null),
    };

    private static ExpectStep Expect(IDictionary table, Encoding encoding)
    {
        IEnumerable<DialogueBranch> branches = table.Cast<DictionaryEntry>()
            .Select(entry => new DialogueBranch(Pattern(entry.Key), ReadAnswer(entry.Value, encoding)));
        if (table is not IOrderedDictionary)
        {
            branches = branches.OrderBy(branch => branch.Pattern.Rank).ThenBy(branch => branch.Pattern.Words, StringComparer.Ordinal);
        }

        return table.Count > 0
            ? new ExpectStep([.. branches])
            : throw new NetLabException(
                FaultKind.InvalidDialogue,
                "A table of a dialogue has what is expected and the answer to it, as in @{ 'HELO *' = '250 hi' }. This one is empty.");
    }

    private static DialoguePattern Pattern(object key) => key.Unwrapped() switch
    {
        Regex regex => DialoguePattern.Of(regex),
        byte[] bytes => DialoguePattern.Of(bytes),
        var other => DialoguePattern.Parse(LanguagePrimitives.ConvertTo<string>(other)),
    };

    private static IEnumerable<object?> Items(object? input) => input.Unwrapped() switch
    {
        null => [],
        IList list and not byte[] => list.Cast<object?>().Select(item => item.Unwrapped()),
        var one => [one],
    };
}
