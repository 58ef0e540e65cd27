namespace PSNetLab.Engine.Dialogue;

/// <summary>What whoever carries out a dialogue is to do next.</summary>
internal enum DialogueDeed
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Send <see cref="DialogueAction.Data"/> as a message.</summary>
    Say,

    /// <summary>Wait for <see cref="DialogueAction.Milliseconds"/>.</summary>
    Wait,

    /// <summary>Report <see cref="DialogueAction.Fault"/>.</summary>
    Report,

    /// <summary>Close the connection.</summary>
    Close,

    /// <summary>Reset the connection.</summary>
    Reset,
}

/// <summary>A deed with what it needs.</summary>
internal readonly record struct DialogueAction(
    DialogueDeed Deed, byte[]? Data = null, int Milliseconds = 0, NetLabException? Fault = null);
