namespace PSNetLab.Engine.Primitives;

/// <summary>What a peer said, for a text of ours.</summary>
internal static class PeerText
{
    private const int MostCharacters = 100;

    /// <summary>The beginning of it, without characters that could clear or color a screen.</summary>
    internal static string Shown(string said)
    {
        string text = said.Trim();
        bool isCut = text.Length > MostCharacters;
        string shown = isCut ? text[..MostCharacters] : text;
        return string.Concat(
            shown.Select(one => char.IsControl(one) || char.IsSurrogate(one) ? '?' : one)) + (isCut ? "\u2026" : string.Empty);
    }
}
