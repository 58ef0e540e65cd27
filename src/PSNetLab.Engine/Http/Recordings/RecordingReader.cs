using System.Globalization;
using System.Text;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>Reads recordings of this module, and HAR 1.2.</summary>
internal static class RecordingReader
{
    private const int MostBytes = 512 * 1024 * 1024;

    private static readonly string[] s_bodies = ["body", "json", "base64", "omitted"];

    // What frames a message, or says how its body is compressed: the server makes these anew.
    private static readonly string[] s_left =
        ["Connection", "Content-Length", "Transfer-Encoding", "Trailer", "Upgrade", "Keep-Alive", "Date", "Proxy-Connection"];

    /// <exception cref="NetLabException">The file cannot be read.</exception>
    internal static byte[] ReadFile(string path)
    {
        try
        {
            return new FileInfo(path).Length <= MostBytes ? File.ReadAllBytes(path)
                : throw new NetLabException(FaultKind.FileUnreadable, $"{path} is longer than {MostBytes} bytes.") { Subject = path };
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new NetLabException(FaultKind.PathNotFound, $"There is no recording {path}. Record one with -Mode Record.", error)
            {
                Subject = path,
            };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException && error is not NetLabException)
        {
            throw new NetLabException(FaultKind.FileUnreadable, $"The recording {path} cannot be read: {error.Message}", error)
            {
                Subject = path,
            };
        }
    }

    /// <summary>The exchanges in a file that more can be added to.</summary>
    /// <exception cref="NetLabException">It cannot be read, or is not of that kind.</exception>
    internal static IReadOnlyList<RecordedExchange> Read(string path)
    {
        Node root = Node.Read(ReadFile(path), path);
        return TryRead(root) ?? throw root.Fail("this is neither a recording with 'entries' nor a HAR with a 'log'");
    }

    /// <summary>The exchanges in a recording; null if it is none of either form.</summary>
    /// <exception cref="NetLabException">An entry is not valid.</exception>
    internal static List<RecordedExchange>? TryRead(Node root)
    {
        if (root.Has("log"))
        {
            return [.. root.Get("log").Get("entries").Elements
                .Select((entry, index) => entry.Entry(index + 1)).Where(HasAnswer).Select(OfHar)];
        }

        if (!root.Has("entries"))
        {
            return null;
        }

        root.Allow("format", "version", "redacted", "entries");
        if (root.TryGet("version") is { } version && version.Number > RecordingWriter.Version)
        {
            throw version.Fail($"version {version.Number} is of a later PSNetLab; this one reads up to {RecordingWriter.Version}");
        }

        return [.. root.Get("entries").Elements.Select((entry, index) => OfOwn(entry.Entry(index + 1)))];
    }

    /// <summary>What of the fields can be sent again.</summary>
    internal static List<KeyValuePair<string, string>> Fields(IEnumerable<KeyValuePair<string, string>> fields, Node place)
    {
        List<KeyValuePair<string, string>> kept = [.. Sendable(fields).SelectMany(Lines)];
        try
        {
            FieldLines.CheckResponse(kept, "headers");
            return kept;
        }
        catch (NetLabException error)
        {
            throw place.Fail(error.Message.Replace("-headers: ", string.Empty, StringComparison.Ordinal).TrimEnd('.'));
        }
    }

    /// <summary>The fields without those that the server makes anew.</summary>
    internal static List<KeyValuePair<string, string>> Sendable(IEnumerable<KeyValuePair<string, string>> fields)
        => [.. fields.Where(field => !field.Key.StartsWith(':') && !s_left.Contains(field.Key, StringComparer.OrdinalIgnoreCase))];

    /// <summary>
    /// A field as it can be sent: browsers join several of one name with line breaks, and text that is more than Latin-1 is UTF-8.
    /// </summary>
    private static IEnumerable<KeyValuePair<string, string>> Lines(KeyValuePair<string, string> field) => field.Value.Split('\n').Select(
        line => FieldLines.Field(field.Key, line.AsSpan().ContainsAnyExceptInRange('\0', '\u00ff')
            ? Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(line)) : line));

    private static RecordedExchange OfOwn(Node entry)
    {
        entry.Allow("time", "milliseconds", "request", "response");
        Node request = entry.Get("request");
        Node response = entry.Get("response");
        request.Allow("method", "target", "headers", "body", "json", "base64", "omitted");
        response.Allow("status", "headers", "body", "json", "base64", "omitted");
        return new RecordedExchange
        {
            Time = entry.TextOf("time") is { } time
                ? DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset when) ? when
                    : throw entry.Get("time").Fail($"'{time}' is not a time") : null,
            Milliseconds = Delay(entry.TryGet("milliseconds")),
            Method = Method(request.Get("method")),
            Target = Target(request.Get("target"), request.Get("target").Text),
            RequestFields = request.TryGet("headers") is { } sent ? FieldsOf(sent) : [],
            RequestBody = Body(request),
            RequestOmitted = request.TextOf("omitted"),
            Status = response.Get("status").Status,
            Fields = response.TryGet("headers") is { } headers ? Fields(FieldsOf(headers), headers) : [],
            HeadLength = response.TryGet("headers") is { } all ? Length(FieldsOf(all)) : -1,
            Body = Body(response) ?? [],
            Omitted = response.TextOf("omitted"),
        };
    }

    /// <summary>The length that the fields announce; -1 if they announce none.</summary>
    internal static long Length(IReadOnlyList<KeyValuePair<string, string>> fields) => long.TryParse(
        RecordedExchange.Get(fields, "Content-Length"), NumberStyles.None, CultureInfo.InvariantCulture, out long length) ? length : -1;

    private static byte[]? Body(Node message)
    {
        string[] given = [.. s_bodies.Where(message.Has)];
        return given.Length > 1 ? throw message.Fail($"a message has one body, not both '{given[0]}' and '{given[1]}'")
            : message.TryGet("body") is { } text ? Encoding.UTF8.GetBytes(text.Text)
            : message.TryGet("base64") is { } bytes ? bytes.Base64
            : message.Has("omitted") ? null
            : message.TryGet("json") is { } json ? Encoding.UTF8.GetBytes(json.Value.GetRawText())
            : null;
    }

    private static List<KeyValuePair<string, string>> FieldsOf(Node headers) => [.. headers.Members
        .SelectMany(field => field.Value.Value.ValueKind == System.Text.Json.JsonValueKind.Array
            ? field.Value.Elements.Select(value => FieldLines.Field(field.Name, value.Text))
            : [FieldLines.Field(field.Name, field.Value.Text)])];

    private static double Delay(Node? milliseconds) => milliseconds is not { } node ? 0
        : node.Number is >= 0 and <= int.MaxValue and double number ? number
        : throw node.Fail("this is not a number of milliseconds");

    private static string Method(Node node) => node.Text is { Length: > 0 } text && !text.AsSpan().ContainsAnyExcept(HttpSyntax.TokenText)
        ? text : throw node.Fail($"'{node.Text}' is not a method such as GET");

    private static string Target(Node node, string text)
        => (text.StartsWith('/') || text == "*") && !text.AsSpan().ContainsAnyExceptInRange('!', '~') ? text
        : throw node.Fail($"'{text}' is not a path: it starts with a slash, and what is not ASCII is escaped with %");

    // Browsers keep entries of requests that were blocked, with the status 0.
    private static bool HasAnswer(Node entry) => entry.Get("response").Get("status").Number >= 200;

    private static RecordedExchange OfHar(Node entry)
    {
        Node request = entry.Get("request");
        Node response = entry.Get("response");
        string url = request.Get("url").Text;
        string target;
        try
        {
            target = request.TryGet(HarWriter.OwnTarget) is { } own ? Target(own, own.Text) : HttpUri.Parse(url).Target;
        }
        catch (NetLabException error) when (error.Kind != FaultKind.InvalidRecording)
        {
            throw request.Get("url").Fail($"'{url}' is not the URI of a web page");
        }

        // The text is the content without its coding (HAR 1.2, content), so the coding, and every length, are of something else.
        List<KeyValuePair<string, string>> fields = Pairs(response.TryGet("headers"));
        fields.RemoveAll(field => field.Key.Equals("Content-Encoding", StringComparison.OrdinalIgnoreCase));
        return new RecordedExchange
        {
            Time = DateTimeOffset.TryParse(
                entry.TextOf("startedDateTime"), CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset time) ? time : null,
            Milliseconds = entry.TryGet("time") is { } took ? Math.Max(0, took.Number) : 0,
            Method = Method(request.Get("method")),
            Target = target,
            RequestFields = Pairs(request.TryGet("headers")),
            RequestBody = request.TryGet("postData") is { } data ? Content(data) : null,
            RequestOmitted = request.TryGet("postData") is { } sent && Content(sent) is null ? sent.TextOf("comment") : null,
            Status = response.Get("status").Status,
            Fields = Fields(fields, response),
            HeadLength = Length(fields),
            Body = response.TryGet("content") is { } content ? Content(content) ?? [] : [],
            Omitted = response.TryGet("content") is { } got && Content(got) is null ? got.TextOf("comment") : null,
        };
    }

    private static List<KeyValuePair<string, string>> Pairs(Node? list) => [.. (list?.Elements ?? [])
        .Select(pair => FieldLines.Field(pair.Get("name").Text, pair.Get("value").Text))];

    private static byte[]? Content(Node content)
    {
        string coding = content.TextOf("encoding") ?? content.TextOf("_encoding") ?? string.Empty;
        bool isBase64 = coding.Equals("base64", StringComparison.OrdinalIgnoreCase);
        if (content.TryGet("text") is { } text)
        {
            return isBase64 ? text.Base64 : Encoding.UTF8.GetBytes(text.Text);
        }

        return content.TryGet("params") is { } pairs
            ? Encoding.ASCII.GetBytes(string.Join('&', pairs.Elements.Select(
                pair => $"{Uri.EscapeDataString(pair.Get("name").Text)}={Uri.EscapeDataString(pair.TextOf("value") ?? string.Empty)}")))
            : null;
    }
}
