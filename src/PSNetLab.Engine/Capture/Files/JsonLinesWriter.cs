using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace PSNetLab.Engine.Capture.Files;

/// <summary>The names of the properties in a transcript of JSON Lines: one object on each line for each event.</summary>
internal static class TranscriptNames
{
    internal const string Sequence = "sequence";
    internal const string Time = "time";
    internal const string Elapsed = "elapsedMilliseconds";
    internal const string Connection = "connectionId";
    internal const string Protocol = "protocol";
    internal const string Kind = "kind";
    internal const string Direction = "direction";
    internal const string Length = "length";
    internal const string Client = "client";
    internal const string Server = "server";
    internal const string Tls = "tls";
    internal const string Encoding = "encoding";
    internal const string Detail = "detail";
    internal const string Text = "text";
    internal const string Base64 = "base64";
}

/// <summary>Writes a transcript as JSON Lines, with nothing left out.</summary>
internal sealed class JsonLinesWriter(Stream stream) : TranscriptWriter
{
    private const int FlushBytes = 64 * 1024;

    // Each line is a value of its own, which the writer would refuse as a second one.
    private static readonly JsonWriterOptions s_options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private readonly ArrayBufferWriter<byte> _lines = new(2 * FlushBytes);

    internal override void Write(NetTranscriptEvent item)
    {
        using (Utf8JsonWriter writer = new(_lines, s_options))
        {
            WriteEvent(writer, item);
        }

        _lines.Write("\n"u8);
        if (_lines.WrittenCount >= FlushBytes)
        {
            Finish();
        }
    }

    internal override void Finish()
    {
        stream.Write(_lines.WrittenSpan);
        _lines.ResetWrittenCount();
    }

    private static void WriteEvent(Utf8JsonWriter writer, NetTranscriptEvent item)
    {
        writer.WriteStartObject();
        writer.WriteNumber(TranscriptNames.Sequence, item.Sequence);
        writer.WriteString(TranscriptNames.Time, item.Moment.ToUniversalTime());
        writer.WriteNumber(TranscriptNames.Elapsed, item.Elapsed.TotalMilliseconds);
        writer.WriteNumber(TranscriptNames.Connection, item.ConnectionId);
        writer.WriteString(TranscriptNames.Protocol, item.Protocol.ToString());
        writer.WriteString(TranscriptNames.Kind, item.Kind.ToString());
        if (item.Direction is { } direction)
        {
            writer.WriteString(TranscriptNames.Direction, direction.ToString());
        }

        writer.WriteNumber(TranscriptNames.Length, item.Length);
        writer.WriteString(TranscriptNames.Client, item.Client.ToString());
        writer.WriteString(TranscriptNames.Server, item.Server.ToString());
        if (item.IsTls)
        {
            writer.WriteBoolean(TranscriptNames.Tls, true);
        }

        if (item.TextEncoding.CodePage != Primitives.TextEncoding.Default.CodePage)
        {
            writer.WriteString(TranscriptNames.Encoding, item.Encoding);
        }

        if (item.Detail is { } detail)
        {
            writer.WriteString(TranscriptNames.Detail, detail);
        }

        if (item.Bytes is { } data)
        {
            if (Utf8.IsValid(data))
            {
                writer.WriteString(TranscriptNames.Text, data);
            }
            else
            {
                writer.WriteBase64String(TranscriptNames.Base64, data);
            }
        }

        writer.WriteEndObject();
    }
}
