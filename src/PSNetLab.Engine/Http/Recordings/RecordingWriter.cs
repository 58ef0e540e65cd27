using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>Writes recordings: in this module's own form, or as HAR 1.2.</summary>
internal static class RecordingWriter
{
    internal const int Version = 1;

    internal static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static readonly JsonWriterOptions Indented = Compact with { Indented = true };

    /// <summary>Writes a file, whole or not at all; only its owner may read it.</summary>
    /// <exception cref="NetLabException">The file cannot be written.</exception>
    internal static void Save(string path, IReadOnlyList<RecordedExchange> exchanges, Redactor redactor)
    {
        try
        {
            WholeFile.Write(path, file => Write(file, path, exchanges, redactor));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new NetLabException(FaultKind.RecordingFailed, $"The recording {path} cannot be written: {error.Message}", error)
            {
                Subject = path,
            };
        }
    }

    /// <summary>Writes the content of a file in the form that its name chooses.</summary>
    internal static void Write(Stream file, string path, IReadOnlyList<RecordedExchange> exchanges, Redactor redactor)
    {
        using Utf8JsonWriter writer = new(file, Indented);
        if (IsHar(path))
        {
            HarWriter.Write(writer, exchanges, () => Redactor.Remark);
        }
        else
        {
            Write(writer, exchanges, redactor);
        }
    }

    internal static bool IsHar(string path) => Path.GetExtension(path).Equals(".har", StringComparison.OrdinalIgnoreCase);

    /// <summary>A body as text; null if it is not UTF-8, or has zeros, which no text has, and which would be six characters each.</summary>
    internal static string? Text(byte[] body)
        => Utf8.IsValid(body) && !body.AsSpan().StartsWith("\uFEFF"u8) && !body.AsSpan().Contains((byte)0)
            ? Encoding.UTF8.GetString(body) : null;

    private static void Write(Utf8JsonWriter writer, IReadOnlyList<RecordedExchange> exchanges, Redactor redactor)
    {
        writer.WriteStartObject();
        writer.WriteString("format", "PSNetLab recording");
        writer.WriteNumber("version", Version);
        writer.WriteStartArray("redacted");
        foreach (string name in redactor.Names)
        {
            writer.WriteStringValue(name);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("entries");
        foreach (RecordedExchange exchange in exchanges)
        {
            writer.WriteStartObject();
            if (exchange.Time is { } time)
            {
                writer.WriteString("time", time.ToString("o", CultureInfo.InvariantCulture));
            }

            writer.WriteNumber("milliseconds", Math.Round(exchange.Milliseconds, 3));
            writer.WriteStartObject("request");
            writer.WriteString("method", exchange.Method);
            writer.WriteString("target", exchange.Target);
            WriteFields(writer, exchange.RequestFields);
            WriteBody(writer, exchange.RequestBody, exchange.RequestOmitted);
            writer.WriteEndObject();
            writer.WriteStartObject("response");
            writer.WriteNumber("status", exchange.Status);
            WriteFields(writer, Fields(exchange));
            WriteBody(writer, exchange.Body.Length == 0 ? null : exchange.Body, exchange.Omitted);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>The fields of the answer; to HEAD with the length, which no body has then.</summary>
    internal static IReadOnlyList<KeyValuePair<string, string>> Fields(RecordedExchange exchange)
        => exchange.IsHead && exchange.HeadLength >= 0
            ? [.. exchange.Fields, FieldLines.Field("Content-Length", exchange.HeadLength.ToString(CultureInfo.InvariantCulture))]
            : exchange.Fields;

    private static void WriteFields(Utf8JsonWriter writer, IReadOnlyList<KeyValuePair<string, string>> fields)
    {
        writer.WriteStartObject("headers");
        foreach (IGrouping<string, string> field in fields.GroupBy(
            field => field.Key, field => field.Value, StringComparer.OrdinalIgnoreCase))
        {
            string[] values = [.. field];
            if (values.Length == 1)
            {
                writer.WriteString(field.Key, values[0]);
                continue;
            }

            writer.WriteStartArray(field.Key);
            Array.ForEach(values, writer.WriteStringValue);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes a body so that it is easy to edit, and the same bytes come back.</summary>
    private static void WriteBody(Utf8JsonWriter writer, byte[]? body, string? omitted)
    {
        if (omitted is not null)
        {
            writer.WriteString("omitted", omitted);
            return;
        }

        if (body is null)
        {
            return;
        }

        // What is before and after the value would be lost.
        bool mayBeJson = body.Length > 0 && body[0] is (byte)'{' or (byte)'[' && body[^1] is (byte)'}' or (byte)']';
        if (mayBeJson && JsonObjects.TryParse(body) is { } document)
        {
            document.Dispose();
            writer.WritePropertyName("json");
            writer.WriteRawValue(body, skipInputValidation: true);
        }
        else if (Text(body) is { } text)
        {
            writer.WriteString("body", text);
        }
        else
        {
            writer.WriteBase64String("base64", body);
        }
    }
}
