using System.Text;
using System.Text.Json;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>Takes secrets out of JSON: values of secret names, URIs in texts, and JSON in texts.</summary>
internal sealed class RedactedJson(SecretNames names, RedactedText text)
{
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
            Write(writer, document.RootElement, ref hasSecret);
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
            if (!TryRedact(Encoding.Latin1.GetBytes(lines[i]), out byte[] redacted))
            {
                return text.Members(body);
            }

            lines[i] = Encoding.Latin1.GetString(redacted);
        }

        return string.Join('\n', lines);
    }

    private void Write(Utf8JsonWriter writer, JsonElement value, ref bool hasSecret)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (JsonProperty member in value.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    if (IsSecret(member))
                    {
                        hasSecret |= member.Value.ValueKind != JsonValueKind.String || !member.Value.ValueEquals(Redactor.Mark);
                        writer.WriteStringValue(Redactor.Mark);
                    }
                    else
                    {
                        Write(writer, member.Value, ref hasSecret);
                    }
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (JsonElement element in value.EnumerateArray())
                {
                    Write(writer, element, ref hasSecret);
                }

                writer.WriteEndArray();
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

    private bool IsSecret(JsonProperty member) => member.Value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null => false,
        JsonValueKind.String => names.Has(member.Name, member.Value.GetString()!),
        _ => names.Has(member.Name, string.Empty),
    };

    private string Text(string value)
        => value.Length > 0 && value[0] is '{' or '[' && TryRedact(Encoding.UTF8.GetBytes(value), out byte[] inner)
            ? Encoding.UTF8.GetString(inner) : text.Uris(value);
}
