namespace PSNetLab.Engine.Terminal;

/// <summary>Keys and a screen.</summary>
internal interface ITerminal
{
    int Columns { get; }

    int Lines { get; }

    /// <summary>Whether a key has been pressed and not yet read.</summary>
    bool HasKey { get; }

    /// <summary>Reads a key without showing it; waits if there is none.</summary>
    ConsoleKeyInfo ReadKey();

    /// <summary>Writes text, with its escape sequences, as it is.</summary>
    void Write(string text);
}
