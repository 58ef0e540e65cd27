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

    /// <summary>Whether this is JSON, and if so, without its secrets: the same bytes if it has none, null if it may keep some.</summary>
    /// <param name="body">The bytes.</param>
    /// <param name="documents">How many documents may be within each other, with this one.</param>
    /// <param name="redacted">What is left of it.</param>
    internal bool TryRedact(byte[] body, int documents, out byte[]? redacted)
        => TryRedact(body, new Room(JsonObjects.MostDepth, documents), out redacted);

    /// <summary>Several values, one a line, in bytes that are taken for characters; null if a secret cannot be taken out.</summary>
    internal string? Lines(string body, int documents)
    {
        string[] lines = body.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(lines[i]))
            {
                continue;
            }

            if (!TryRedact(Encoding.Latin1.GetBytes(lines[i]), documents, out byte[]? redacted))
            {
                return text.Members(body);
            }

            if (redacted is null)
            {
                return null;
            }

            lines[i] = Encoding.Latin1.GetString(redacted);
        }

        return string.Join('\n', lines);
    }

    private bool TryRedact(byte[] body, Room room, out byte[]? redacted)
    {
        redacted = null;
        using JsonDocument? document = room.Documents > 0 && room.Levels > 0 ? JsonObjects.TryParse(body, room.Levels) : null;
        if (document is null)
        {
            // Too deep. Without a text, it has no names.
            return body.AsSpan().Contains((byte)'"') && JsonObjects.IsValid(body);
        }

        Findings findings = new();
        using MemoryStream bytes = new();
        using (Utf8JsonWriter writer = new(bytes, RecordingWriter.Compact))
        {
            Write(writer, document.RootElement, Place.Anywhere, room with { Documents = room.Documents - 1 }, findings);
        }

        redacted = findings.IsLost ? null : findings.HasSecret ? bytes.ToArray() : body;
        return true;
    }

    private void Write(Utf8JsonWriter writer, JsonElement value, Place place, Room room, Findings findings)
    {
        Room inside = room with { Levels = room.Levels - 1 };
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(writer, value, place, inside, findings);
                break;
            case JsonValueKind.Array:
                WriteArray(writer, value, place, inside, findings);
                break;
            case JsonValueKind.String:
                WriteText(writer, value.GetString()!, room, findings);
                break;
            default:
                writer.WriteRawValue(value.GetRawText());
                break;
        }
    }

    private void WriteText(Utf8JsonWriter writer, string before, Room room, Findings findings)
    {
        string after = before;
        bool mayBeJson = before.AsSpan().TrimStart() is ['{' or '[' or '"', ..];
        if (!mayBeJson || !TryRedact(Encoding.UTF8.GetBytes(before), room, out byte[]? inner))
        {
            after = text.Value(before);
        }
        else if (inner is null)
        {
            findings.IsLost = true;
        }
        else
        {
            after = Encoding.UTF8.GetString(inner);
        }

        findings.HasSecret |= before != after;
        writer.WriteStringValue(after);
    }

    private void WriteObject(Utf8JsonWriter writer, JsonElement value, Place place, Room room, Findings findings)
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
                WriteMark(writer, member.Value, findings);
            }
            else
            {
                Write(writer, member.Value, SecretNames.AreCookies(member.Name) ? Place.Cookies : Place.Anywhere, room, findings);
            }
        }

        writer.WriteEndObject();
    }

    private void WriteArray(Utf8JsonWriter writer, JsonElement value, Place place, Room room, Findings findings)
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
                WriteMark(writer, element, findings);
            }
            else
            {
                Write(writer, element, inside, room, findings);
            }

            index++;
        }

        writer.WriteEndArray();
    }

    private static void WriteMark(Utf8JsonWriter writer, JsonElement value, Findings findings)
    {
        findings.HasSecret |= value.ValueKind != JsonValueKind.String || !value.ValueEquals(Redactor.Mark);
        writer.WriteStringValue(Redactor.Mark);
    }

    /// <summary>The names that an object may give to its value.</summary>
    private List<string> NamesInPair(JsonElement pair)
    {
        List<string> given = [];
        foreach (JsonProperty member in pair.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.String && SecretNames.IsForName(member.Name))
            {
                names.Note(given, member.Name, member.Value.GetString()!);
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

    /// <summary>How many levels and how many documents within each other there may still be: a stack has an end.</summary>
    private readonly record struct Room(int Levels, int Documents);

    private sealed class Findings
    {
        internal bool HasSecret { get; set; }

        /// <summary>Whether a secret may be where nobody looks.</summary>
        internal bool IsLost { get; set; }
    }
}
