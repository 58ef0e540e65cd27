namespace PSNetLab.Binding;

/// <summary>A URI, or a path for a connection that is open.</summary>
/// <remarks>Not a text, which PowerShell would make of a connection, too.</remarks>
public sealed class RequestUri
{
    internal RequestUri(string text) => Text = text;

    internal string Text { get; }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
