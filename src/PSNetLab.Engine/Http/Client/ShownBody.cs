using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Client;

/// <summary>Bodies as text, in the charset of their Content-Type.</summary>
internal static class ShownBody
{
    internal static string Decode(ReadOnlySpan<byte> bytes, string? contentType)
    {
        string[]? parameter = contentType?.Split(';').Skip(1).Select(text => text.Split('=', 2)).FirstOrDefault(IsCharset);
        string? name = parameter?[1].Trim(' ', '"', '\'');
        bool isUtf8 = name is null || name.Equals("utf-8", StringComparison.OrdinalIgnoreCase);
        return isUtf8 || ContentTypeField.FindCharset(name!) is not { } charset ? HttpSyntax.ToText(bytes) : charset.GetString(bytes);
    }

    private static bool IsCharset(string[] parameter)
        => parameter.Length == 2 && parameter[0].Trim().Equals("charset", StringComparison.OrdinalIgnoreCase);
}
