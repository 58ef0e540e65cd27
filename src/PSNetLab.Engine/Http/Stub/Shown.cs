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

    /// <summary>A body in quotes, without its secrets; if they cannot be taken out, words for that.</summary>
    /// <param name="body">The body.</param>
    /// <param name="contentType">Its type; empty if it is not known.</param>
    /// <param name="secrets">Takes the secrets out; null to show them.</param>
    /// <param name="read">Makes a text of bytes.</param>
    internal static string Body(byte[] body, string contentType, ISecrets? secrets, Func<byte[], string> read)
        => (secrets is null ? body : secrets.RedactBody(body, contentType)) is { } safe ? Quoted(read(safe))
            : "a text that may have secrets";
}
