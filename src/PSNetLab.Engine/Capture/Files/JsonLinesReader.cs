using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Capture.Files;

/// <summary>Reads a transcript of JSON Lines.</summary>
/// <param name="stream">The file.</param>
/// <param name="name">What errors call it.</param>
internal sealed class JsonLinesReader(Stream stream, string name)
{
    // The bytes of the longest event take six times as much, if each is a control character that must be escaped.
    private const int MostLineBytes = 8 * 1024 * 1024;

    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;
    private long _line;

    /// <param name="cancellationToken">Ends the reading, also of empty lines.</param>
    /// <exception cref="NetLabException">A line is malformed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal IEnumerable<NetTranscriptEvent> Read(CancellationToken cancellationToken)
    {
        while (ReadLine() is { } line)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _line++;
            if (!line.Span.Trim(" \t\r"u8).IsEmpty)
            {
                yield return Parse(line);
            }
        }
    }

    /// <summary>The next line without its end; null after the last one.</summary>
    private ReadOnlyMemory<byte>? ReadLine()
    {
        int searched = 0;
        while (true)
        {
            int length = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (length >= 0)
            {
                length += searched;
                ReadOnlyMemory<byte> line = _buffer.AsMemory(_start, length);
                _start += length + 1;
                return line;
            }

            searched = _end - _start;
            if (searched > MostLineBytes)
            {
                _line++;
                throw Malformed($"the line is longer than {MostLineBytes} bytes");
            }

            _buffer.AsSpan(_start, searched).CopyTo(_buffer);
            (_start, _end) = (0, searched);
            if (_end == _buffer.Length)
            {
                Array.Resize(ref _buffer, _buffer.Length * 2);
            }

            int count = stream.Read(_buffer, _end, _buffer.Length - _end);
            _end += count;
            if (count == 0)
            {
                _start = _end;
                if (searched == 0)
                {
                    return null;
                }

                return _buffer.AsMemory(0, searched);
            }
        }
    }

    private NetTranscriptEvent Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Parse(document.RootElement)
                : throw Malformed("this is not an object");
        }
        catch (JsonException error)
        {
            throw Malformed($"this is not JSON (byte {error.BytePositionInLine + 1})");
        }
        catch (InvalidOperationException)
        {
            throw Malformed("there is half a character in it");
        }
    }

    private NetTranscriptEvent Parse(JsonElement json)
    {
        NetTranscriptKind kind = Name<NetTranscriptKind>(json, TranscriptNames.Kind) ?? throw Missing(TranscriptNames.Kind);
        NetTranscriptDirection? direction = Name<NetTranscriptDirection>(json, TranscriptNames.Direction);
        Encoding encoding = ReadEncoding(json);
        byte[]? data = kind == NetTranscriptKind.Data ? ReadData(json) : null;
        if (direction is null && kind is NetTranscriptKind.Data or NetTranscriptKind.HalfClosed or NetTranscriptKind.Dropped)
        {
            throw Missing(TranscriptNames.Direction);
        }

        return new NetTranscriptEvent
        {
            Sequence = Number(json, TranscriptNames.Sequence) ?? _line,
            Moment = ReadTime(json),
            Elapsed = ReadElapsed(json),
            ConnectionId = Number(json, TranscriptNames.Connection) is >= 0 and <= int.MaxValue and long id
                ? (int)id
                : throw Malformed($"'{TranscriptNames.Connection}' must be a number from 0 on"),
            Protocol = Name<NetTranscriptProtocol>(json, TranscriptNames.Protocol) ?? NetTranscriptProtocol.Tcp,
            Kind = kind,
            Direction = direction,
            Bytes = data,
            Length = data?.Length ?? (kind != NetTranscriptKind.Dropped ? 0
                : Number(json, TranscriptNames.Length) is >= 0 and long length ? length
                : throw Malformed($"'{TranscriptNames.Length}' must be the number of bytes that are missing")),
            Client = ReadEndPoint(json, TranscriptNames.Client),
            Server = ReadEndPoint(json, TranscriptNames.Server),
            IsTls = json.TryGetProperty(TranscriptNames.Tls, out JsonElement tls) && tls.ValueKind == JsonValueKind.True,
            TextEncoding = encoding,
            Detail = Text(json, TranscriptNames.Detail),
        };
    }

    private byte[] ReadData(JsonElement json)
    {
        if (json.TryGetProperty(TranscriptNames.Base64, out JsonElement base64))
        {
            return base64.ValueKind == JsonValueKind.String && base64.TryGetBytesFromBase64(out byte[]? bytes)
                ? bytes
                : throw Malformed($"'{TranscriptNames.Base64}' is not base64");
        }

        return Encoding.UTF8.GetBytes(Text(json, TranscriptNames.Text)
            ?? throw Malformed($"there is neither '{TranscriptNames.Text}' nor '{TranscriptNames.Base64}'"));
    }

    private DateTime ReadTime(JsonElement json) => Text(json, TranscriptNames.Time) is { } text
        && DateTime.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out DateTime time)
            ? time.ToLocalTime()
            : throw Malformed($"'{TranscriptNames.Time}' must be a time such as 2026-03-01T12:00:00.123456Z");

    private TimeSpan ReadElapsed(JsonElement json)
    {
        if (!json.TryGetProperty(TranscriptNames.Elapsed, out JsonElement value))
        {
            return TimeSpan.Zero;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double elapsed)
            && elapsed >= 0 && elapsed < TimeSpan.MaxValue.TotalMilliseconds / 2
                ? TimeSpan.FromMilliseconds(elapsed)
                : throw Malformed($"'{TranscriptNames.Elapsed}' must be a number of milliseconds");
    }

    private Encoding ReadEncoding(JsonElement json)
    {
        if (Text(json, TranscriptNames.Encoding) is not { } encoding)
        {
            return TextEncoding.Default;
        }

        try
        {
            return TextEncoding.Find(encoding);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw Malformed($"there is no encoding '{PeerText.Shown(encoding)}'");
        }
    }

    private IPEndPoint ReadEndPoint(JsonElement json, string property)
        => Text(json, property) is { } text && IPEndPoint.TryParse(text, out IPEndPoint? endPoint)
            ? endPoint
            : throw Malformed($"'{property}' must be an address with a port");

    private T? Name<T>(JsonElement json, string property)
        where T : struct, Enum
        => Text(json, property) is not { } text ? null
            : Enum.TryParse(text, ignoreCase: true, out T value) && Enum.IsDefined(value) ? value
            : throw Malformed($"'{property}' must be one of {string.Join(", ", Enum.GetNames<T>())}");

    private string? Text(JsonElement json, string property)
    {
        try
        {
            return !json.TryGetProperty(property, out JsonElement value) ? null
                : value.ValueKind == JsonValueKind.String ? value.GetString()
                : throw Malformed($"'{property}' must be a text");
        }
        catch (InvalidOperationException)
        {
            throw Malformed($"'{property}' has half a character");
        }
    }

    private long? Number(JsonElement json, string property) => !json.TryGetProperty(property, out JsonElement value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) ? number
        : throw Malformed($"'{property}' must be a number");

    private NetLabException Missing(string property) => Malformed($"'{property}' is missing");

    private NetLabException Malformed(string what) => new(
        FaultKind.InvalidTranscript, $"{name}, line {_line.ToString(CultureInfo.InvariantCulture)}: {what}.") { Subject = name };
}
