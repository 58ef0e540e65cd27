using System.Text;
using System.Text.Json;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>
/// Takes secrets out of JSON: values of secret names, those of pairs such as {"name": "password", "value": "x"}, and what is in texts:
/// URIs, forms, and JSON.
/// </summary>
internal sealed class RedactedJson(SecretNames names, RedactedText text)
{
    /// <summary>Where a value stands.</summary>
    private enum Place
    {
        Anywhere,
        List,

        /// <summary>As the value of "cookies": all values in it are secrets.</summary>
        Cookies,

        /// <summary>In a list of cookies.</summary>
        CookieList,
    }

    /// <summary>Whether this is JSON, and if so, without its secrets: the same bytes if it has none.</summary>
    internal bool TryRedact(byte[] body, out byte[] redacted)
    {
        redacted = body;
        using JsonDocument? document = JsonObjects.TryParse(body, JsonObjects.MostDepth);
        if (document is null)
        {
            return false;
        }

        bool hasSecret = false;
        using MemoryStream bytes = new();
        using (Utf8JsonWriter writer = new(bytes, RecordingWriter.Compact))
        {
            Write(writer, document.RootElement, Place.Anywhere, ref hasSecret);
        }

        redacted = hasSecret ? bytes.ToArray() : body;
        return true;
    }

    /// <summary>Several values, one a line, in bytes that are taken for characters; null if a secret cannot be taken out.</summary>
    internal string? Lines(string body)
    {
        string[] lines = body.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(lines[i]))
            {
                continue;
            }

            if (!TryRedact(Encoding.Latin1.GetBytes(lines[i]), out byte[] redacted))
            {
                return text.Members(body);
            }

            lines[i] = Encoding.Latin1.GetString(redacted);
        }

        return string.Join('\n', lines);
    }

    private void Write(Utf8JsonWriter writer, JsonElement value, Place place, ref bool hasSecret)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(writer, value, place, ref hasSecret);
                break;
            case JsonValueKind.Array:
                WriteArray(writer, value, place, ref hasSecret);
                break;
            case JsonValueKind.String:
                string before = value.GetString()!;
                string after = Text(before);
                hasSecret |= before != after;
                writer.WriteStringValue(after);
                break;
            default:
                writer.WriteRawValue(value.GetRawText());
                break;
        }
    }

    private void WriteObject(Utf8JsonWriter writer, JsonElement value, Place place, ref bool hasSecret)
    {
        // Its value may come before its name.
        List<string> given = NamesInPair(value);
        writer.WriteStartObject();
        foreach (JsonProperty member in value.EnumerateObject())
        {
            writer.WritePropertyName(member.Name);
            bool isSecret = IsSecret(member.Name, member.Value)
                || (given.Exists(name => IsSecret(name, member.Value)) && SecretNames.IsForValue(member.Name))
                || (place == Place.Cookies && member.Value.ValueKind == JsonValueKind.String)
                || (place == Place.CookieList && SecretNames.IsForValue(member.Name));
            if (isSecret)
            {
                WriteMark(writer, member.Value, ref hasSecret);
            }
            else
            {
                Write(writer, member.Value, SecretNames.AreCookies(member.Name) ? Place.Cookies : Place.Anywhere, ref hasSecret);
            }
        }

        writer.WriteEndObject();
    }

    private void WriteArray(Utf8JsonWriter writer, JsonElement value, Place place, ref bool hasSecret)
    {
        // In a list of lists, one of two may be a name and its value.
        bool isPair = place == Place.List && value.GetArrayLength() == 2 && value[0].ValueKind == JsonValueKind.String
            && IsSecret(value[0].GetString()!, value[1]);
        Place inside = place == Place.Cookies ? Place.CookieList : Place.List;
        int index = 0;
        writer.WriteStartArray();
        foreach (JsonElement element in value.EnumerateArray())
        {
            if ((isPair && index == 1) || (inside == Place.CookieList && element.ValueKind == JsonValueKind.String))
            {
                WriteMark(writer, element, ref hasSecret);
            }
            else
            {
                Write(writer, element, inside, ref hasSecret);
            }

            index++;
        }

        writer.WriteEndArray();
    }

    private static void WriteMark(Utf8JsonWriter writer, JsonElement value, ref bool hasSecret)
    {
        hasSecret |= value.ValueKind != JsonValueKind.String || !value.ValueEquals(Redactor.Mark);
        writer.WriteStringValue(Redactor.Mark);
    }

    /// <summary>The names that an object may give to its value.</summary>
    private List<string> NamesInPair(JsonElement pair)
    {
        List<string> given = [];
        foreach (JsonProperty member in pair.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.String && SecretNames.IsForName(member.Name)
                && member.Value.GetString()! is var name && SecretNames.MayBeName(name) && !names.Has(member.Name, name))
            {
                given.Add(name);
            }
        }

        return given;
    }

    private bool IsSecret(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null => false,
        JsonValueKind.String => names.Has(name, value.GetString()!),
        _ => names.Has(name, string.Empty),
    };

    private string Text(string value)
        => value.Length > 0 && value[0] is '{' or '[' && TryRedact(Encoding.UTF8.GetBytes(value), out byte[] inner)
            ? Encoding.UTF8.GetString(inner) : text.Value(value);
}
