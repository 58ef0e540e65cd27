using System.Collections;
using System.Collections.Specialized;
using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace PSNetLab.Engine.Http.Protocol;

/// <summary>Turns JSON into objects that scripts can walk through: dictionaries, arrays, text, numbers, Booleans and null.</summary>
internal static class JsonObjects
{
    /// <summary>How deep JSON may be.</summary>
    internal const int UsualDepth = 64;

    /// <summary>
    /// How deep it may be where it is only searched. Before the runtime optimizes a method, a level takes up to 600 bytes of the stack, so
    /// this many are at home in half of the stack of an event loop.
    /// </summary>
    internal const int MostDepth = 256;

    /// <summary>Parses JSON; false if it is not valid.</summary>
    internal static bool TryRead(ReadOnlyMemory<byte> json, out object? value)
    {
        value = null;
        if (TryParse(json) is not { } document)
        {
            return false;
        }

        using (document)
        {
            value = Read(document.RootElement);
        }

        return true;
    }

    /// <summary>
    /// Parses JSON, with or without a byte order mark; null if it is not valid, and JSON is UTF-8 (RFC 8259, section 8.1). Escapes of
    /// half a character, which no text can hold (section 8.2), become U+FFFD.
    /// </summary>
    /// <param name="json">The bytes.</param>
    /// <param name="mostDepth">How deep it may be.</param>
    internal static JsonDocument? TryParse(ReadOnlyMemory<byte> json, int mostDepth = UsualDepth)
    {
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        json = json.Span.StartsWith(mark) ? json[mark.Length..] : json;
        try
        {
            return Utf8.IsValid(json.Span)
                ? JsonDocument.Parse(HalfCharacters.Mend(json), new JsonDocumentOptions { MaxDepth = mostDepth }) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Whether it is valid JSON, however deep.</summary>
    internal static bool IsValid(ReadOnlySpan<byte> json)
    {
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        Utf8JsonReader reader = new(json.StartsWith(mark) ? json[mark.Length..] : json, new JsonReaderOptions { MaxDepth = int.MaxValue });
        try
        {
            while (reader.Read())
            {
            }

            return Utf8.IsValid(json);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    internal static object? Read(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => ReadObject(element),
        JsonValueKind.Array => element.EnumerateArray().Select(Read).ToArray(),
        JsonValueKind.String => element.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => element.TryGetInt64(out long whole) ? whole
            : TryGetExact(element, out decimal exact) ? exact
            : element.GetDouble(),
        _ => null,
    };

    /// <summary>
    /// A number as a decimal; false where that has no room for it, or would lose more of it than a floating-point number does: parsers
    /// of decimals round what is small, down to 0.
    /// </summary>
    internal static bool TryGetExact(JsonElement number, out decimal exact)
    {
        Span<byte> text = stackalloc byte[32];
        return number.TryGetDecimal(out exact) && exact.TryFormat(text, out int length, provider: CultureInfo.InvariantCulture)
            && double.Parse(text[..length], CultureInfo.InvariantCulture).Equals(number.GetDouble());
    }

    // As everywhere in PowerShell, names are found whatever their case, unless case is all that tells two of them apart.
    private static OrderedDictionary ReadObject(JsonElement element)
    {
        // An OrderedDictionary searches all its names when one is set again, so there each is set once: to its last value.
        Dictionary<string, object?> last = [];
        List<string> order = [];
        foreach (JsonProperty member in element.EnumerateObject())
        {
            string name = member.Name;
            if (!last.ContainsKey(name))
            {
                order.Add(name);
            }

            last[name] = Read(member.Value);
        }

        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        bool isPlain = order.TrueForAll(names.Add);
        OrderedDictionary members = new(isPlain ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal as IEqualityComparer);
        foreach (string name in order)
        {
            members.Add(name, last[name]);
        }

        return members;
    }
}
