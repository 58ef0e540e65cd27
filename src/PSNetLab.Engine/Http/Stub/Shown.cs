using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Stub;

/// <summary>Shortens what a message shows of a value that a peer may have chosen, and makes all of it visible.</summary>
internal static class Shown
{
    private const int MostCharacters = 1024;

    internal static string Short(string text)
        => text.Length <= MostCharacters ? PeerText.Visible(text)
        : $"{PeerText.Visible(text[..MostCharacters])}\u2026 ({text.Length} characters)";

    /// <summary>A text in quotes.</summary>
    internal static string Quoted(string text) => $"'{Short(text)}'";
}
