namespace PSNetLab.Engine.Capture.Views;

/// <summary>Colors for a terminal, or none.</summary>
internal sealed class Ink(bool hasColors)
{
    internal string Dim(string text) => Colored("90", text);

    internal string Client(string text) => Colored("36", text);

    internal string Server(string text) => Colored("32", text);

    internal string Warn(string text) => Colored("33", text);

    internal string Bad(string text) => Colored("31", text);

    /// <summary>The color of who sends.</summary>
    internal string Of(NetTranscriptDirection? sender, string text) => sender switch
    {
        NetTranscriptDirection.ToServer => Client(text),
        NetTranscriptDirection.ToClient => Server(text),
        _ => text,
    };

    private string Colored(string code, string text) => hasColors && text.Length > 0 ? $"\u001b[{code}m{text}\u001b[0m" : text;
}
