using PSNetLab.Engine.Dialogue;

namespace PSNetLab.Binding;

/// <summary>Completes -Unexpected with the acts of a dialogue.</summary>
public sealed class UnexpectedCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words => DialogueText.Acts
        .Where(act => !act.Text.StartsWith("!mark", StringComparison.Ordinal))
        .Select(act => (act.Text.Split(' ')[0], act.Meaning));
}
