using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Client;

/// <summary>Bodies as text, in the charset of their Content-Type.</summary>
internal static class ShownBody
{
    internal static string Decode(ReadOnlySpan<byte> bytes, string? contentType)
    {
        string[]? charset = contentType?.Split(';').Skip(1).Select(parameter => parameter.Split('=', 2)).FirstOrDefault(IsCharset);
        string? name = charset?[1].Trim(' ', '"', '\'');
        try
        {
            return name is null || name.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
                ? HttpSyntax.ToText(bytes)
                : Encoding.GetEncoding(name).GetString(bytes);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            return HttpSyntax.ToText(bytes);
        }
    }

    private static bool IsCharset(string[] parameter)
        => parameter.Length == 2 && parameter[0].Trim().Equals("charset", StringComparison.OrdinalIgnoreCase);
}
