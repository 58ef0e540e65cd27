namespace PSNetLab.Engine.Terminal;

/// <summary>What a session at the prompt needs to know.</summary>
internal sealed record PromptSessionOptions
{
    /// <summary>The peer as the user named it.</summary>
    internal required string Peer { get; init; }

    /// <summary>Whether the connection stays open when the user leaves.</summary>
    internal bool StaysOpen { get; init; }

    /// <summary>What ends a line, where messages have no end of their own.</summary>
    internal LineEnding LineEnding { get; init; }

    /// <summary>Whether bytes are shown in hexadecimal.</summary>
    internal bool IsHex { get; init; }

    /// <summary>Whether there are colors.</summary>
    internal bool HasColors { get; init; }

    /// <summary>The full path of what the user calls a file.</summary>
    internal Func<string, string> ResolvePath { get; init; } = Path.GetFullPath;

    /// <summary>Takes sentences that others want to tell the user meanwhile.</summary>
    internal Func<IEnumerable<string>> TakeNotes { get; init; } = () => [];

    /// <summary>The lines of earlier sessions.</summary>
    internal LineHistory History { get; init; } = new();
}
