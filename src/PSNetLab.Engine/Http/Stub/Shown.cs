namespace PSNetLab.Engine.Http.Stub;

/// <summary>Shortens what a message shows of a value.</summary>
internal static class Shown
{
    private const int MostCharacters = 1024;

    internal static string Short(string text)
        => text.Length <= MostCharacters ? text : $"{text[..MostCharacters]}\u2026 ({text.Length} characters)";

    /// <summary>A text in quotes.</summary>
    internal static string Quoted(string text) => $"'{Short(text)}'";
}
