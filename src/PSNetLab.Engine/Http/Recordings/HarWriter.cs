using System.Text.Json;
using System.Text.RegularExpressions;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>Writes HTTP Archives, version 1.2.</summary>
internal static partial class HarWriter
{
    /// <summary>The target of a request that no URI can have, such as *; HAR leaves names with an underscore to programs.</summary>
    internal const string OwnTarget = "_target";

    // When the writer hands on what it has.
    private const int FlushBytes = 64 * 1024;

    /// <param name="writer">Where to.</param>
    /// <param name="exchanges">What to write; each is wanted once.</param>
    /// <param name="comment">What the archive says of itself, after the last of them.</param>
    internal static void Write(Utf8JsonWriter writer, IEnumerable<RecordedExchange> exchanges, Func<string> comment)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("log");
        writer.WriteString("version", "1.2");
        writer.WriteStartObject("creator");
        writer.WriteString("name", "PSNetLab");
        writer.WriteString("version", typeof(HarWriter).Assembly.GetName().Version!.ToString(3));
        writer.WriteEndObject();
        writer.WriteStartArray("entries");
        foreach (RecordedExchange exchange in exchanges)
        {
            WriteEntry(writer, exchange);
            if (writer.BytesPending > FlushBytes)
            {
                writer.Flush();
            }
        }

        writer.WriteEndArray();
        writer.WriteString("comment", comment());
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteEntry(Utf8JsonWriter writer, RecordedExchange exchange)
    {
        writer.WriteStartObject();
        writer.WriteString("startedDateTime", exchange.Time ?? DateTimeOffset.UnixEpoch);
        writer.WriteNumber("time", exchange.Milliseconds);
        writer.WriteStartObject("request");
        writer.WriteString("method", exchange.Method);
        string url = Url(exchange);
        writer.WriteString("url", url);
        if (!url.EndsWith(exchange.Target, StringComparison.Ordinal) && !IsWhole(exchange.Target))
        {
            writer.WriteString(OwnTarget, exchange.Target);
        }

        WriteMessage(writer, exchange.RequestFields, exchange.RequestBody?.Length ?? 0);
        writer.WriteStartArray("queryString");
        int query = exchange.Target.IndexOf('?', StringComparison.Ordinal);
        if (query >= 0)
        {
            foreach ((string name, string value) in FormPairs.Read(System.Text.Encoding.Latin1.GetBytes(exchange.Target[(query + 1)..])))
            {
                WritePair(writer, name, value);
            }
        }

        writer.WriteEndArray();
        if (exchange.RequestBody is not null || exchange.RequestOmitted is not null)
        {
            WriteContent(writer, "postData", exchange.RequestBody ?? [], exchange.RequestFields, exchange.RequestOmitted);
        }

        writer.WriteEndObject();
        writer.WriteStartObject("response");
        writer.WriteNumber("status", exchange.Status);
        writer.WriteString("statusText", HttpStatus.Reason(exchange.Status));
        writer.WriteString("redirectURL", RecordedExchange.Get(exchange.Fields, "Location"));
        WriteMessage(writer, RecordingWriter.Fields(exchange), exchange.Body.Length);
        WriteContent(writer, "content", exchange.Body, exchange.Fields, exchange.Omitted);
        writer.WriteEndObject();
        writer.WriteStartObject("cache");
        writer.WriteEndObject();
        writer.WriteStartObject("timings");
        writer.WriteNumber("send", 0);
        writer.WriteNumber("wait", exchange.Milliseconds);
        writer.WriteNumber("receive", 0);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>Whether a target is a whole URI, as proxies get it (RFC 9112, section 3.2.2).</summary>
    private static bool IsWhole(string target) => target.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
        || target.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    private static string Url(RecordedExchange exchange)
    {
        if (IsWhole(exchange.Target))
        {
            return UserInfo().Replace(exchange.Target, string.Empty);
        }

        foreach (string host in new[] { RecordedExchange.Get(exchange.RequestFields, "Host"), "localhost" })
        {
            try
            {
                string url = $"{(exchange.IsSecure ? "https" : "http")}://{host}{exchange.Target}";
                if (HttpUri.Parse(url).Target == exchange.Target)
                {
                    return url;
                }
            }
            catch (NetLabException)
            {
                // Clients may name a host that is none.
            }
        }

        return "http://localhost/";
    }

    private static void WriteMessage(Utf8JsonWriter writer, IReadOnlyList<KeyValuePair<string, string>> fields, int bodyLength)
    {
        writer.WriteString("httpVersion", "HTTP/1.1");
        writer.WriteStartArray("cookies");
        writer.WriteEndArray();
        writer.WriteStartArray("headers");
        foreach ((string name, string value) in fields)
        {
            WritePair(writer, name, value);
        }

        writer.WriteEndArray();
        writer.WriteNumber("headersSize", -1);
        writer.WriteNumber("bodySize", bodyLength);
    }

    private static void WriteContent(
        Utf8JsonWriter writer, string name, byte[] body, IReadOnlyList<KeyValuePair<string, string>> fields, string? omitted)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("size", body.Length);
        writer.WriteString("mimeType", RecordedExchange.Get(fields, "Content-Type"));
        if (omitted is not null)
        {
            writer.WriteString("comment", omitted);
        }
        else if (RecordingWriter.Text(body) is { } text)
        {
            writer.WriteString("text", text);
        }
        else
        {
            writer.WriteBase64String("text", body);
            writer.WriteString("encoding", "base64");
        }

        writer.WriteEndObject();
    }

    private static void WritePair(Utf8JsonWriter writer, string name, string value)
    {
        writer.WriteStartObject();
        writer.WriteString("name", name);
        writer.WriteString("value", value);
        writer.WriteEndObject();
    }

    [GeneratedRegex("(?<=^https?://)[^/?#]*@", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex UserInfo();
}
