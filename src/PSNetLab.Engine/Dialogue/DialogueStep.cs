namespace PSNetLab.Engine.Dialogue;

/// <summary>A step of a dialogue as it was written down.</summary>
internal abstract record DialogueStep;

/// <summary>Says a message: bytes, or text that may have captures of what was expected before.</summary>
internal sealed record SayStep(byte[] Data, string? Text) : DialogueStep;

/// <summary>Some steps that were written down as one: a list in the list.</summary>
internal sealed record GroupStep(IReadOnlyList<DialogueStep> Steps) : DialogueStep;

/// <summary>Says or expects a text, by whose turn it is.</summary>
internal sealed record TurnStep(string Text) : DialogueStep;

/// <summary>Expects a message that matches one of some patterns, and goes on with its answer.</summary>
internal sealed record ExpectStep(IReadOnlyList<DialogueBranch> Branches) : DialogueStep;

/// <summary>What to do when a pattern matches.</summary>
internal sealed record DialogueBranch(DialoguePattern Pattern, IReadOnlyList<DialogueStep> Answer);

/// <summary>Does something else than to speak.</summary>
internal sealed record ActStep(DialogueAct Act, int Number) : DialogueStep;

/// <summary>What a step can do but speak. The names are those that are written down, after an exclamation mark.</summary>
internal enum DialogueAct
{
    /// <summary>Waits, in milliseconds.</summary>
    Wait,

    /// <summary>Closes the connection.</summary>
    Close,

    /// <summary>Resets the connection.</summary>
    Reset,

    /// <summary>Says nothing more, and keeps the connection open.</summary>
    Stall,

    /// <summary>The place to which a loop goes back.</summary>
    Mark,

    /// <summary>
    /// Goes back to the last mark or, without one, to the first step that expects something; all in all so many times, or for ever.
    /// </summary>
    Loop,

    /// <summary>Expects the same once more.</summary>
    Again,

    /// <summary>Says what was expected, and what came instead.</summary>
    Tell,
}
