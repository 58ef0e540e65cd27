using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Protocol;

/// <summary>Reads a Content-Type field (RFC 9110, section 8.3) and others of that form: a value with parameters.</summary>
internal static class ContentTypeField
{
    /// <summary>The media type in lower case, without its parameters; empty if there is none.</summary>
    internal static string MediaType(ReadOnlySpan<byte> field)
    {
        FieldList.Split(ref field, out ReadOnlySpan<byte> type);
        return Encoding.Latin1.GetString(type).ToLowerInvariant();
    }

    /// <summary>The value of a parameter, without quotes; null if it is not there.</summary>
    internal static string? Parameter(ReadOnlySpan<byte> field, ReadOnlySpan<byte> name)
    {
        FieldList.Split(ref field, out _);
        while (!field.IsEmpty)
        {
            FieldList.Split(ref field, out ReadOnlySpan<byte> parameter);
            int equals = parameter.IndexOf((byte)'=');
            if (equals > 0 && Ascii.EqualsIgnoreCase(parameter[..equals], name))
            {
                return Unquote(HttpSyntax.ToText(parameter[(equals + 1)..]));
            }
        }

        return null;
    }

    /// <summary>The text encoding that the charset parameter names; UTF-8 without one, and for one that is not known.</summary>
    internal static Encoding Charset(ReadOnlySpan<byte> field)
        => Parameter(field, "charset"u8) is { } charset ? FindCharset(charset) ?? Encoding.UTF8 : Encoding.UTF8;

    /// <summary>The text encoding of this name; null if there is none, or none that is read: UTF-7 is not.</summary>
    internal static Encoding? FindCharset(string name)
    {
        try
        {
            return TextEncoding.Find(name.Trim());
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Whether the content is JSON: application/json, or a type that ends in +json (RFC 6839).</summary>
    internal static bool IsJson(string mediaType)
        => mediaType is "application/json" or "text/json" || mediaType.EndsWith("+json", StringComparison.Ordinal);

    private static string Unquote(string value)
    {
        if (value.Length < 2 || value[0] != '"' || value[^1] != '"')
        {
            return value;
        }

        StringBuilder plain = new();
        for (int i = 1; i < value.Length - 1; i++)
        {
            if (value[i] == '\\' && i < value.Length - 2)
            {
                i++;
            }

            plain.Append(value[i]);
        }

        return plain.ToString();
    }
}
