using System.Globalization;
using System.Text;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Stub;

/// <summary>The answer of a route with a file, of which clients may ask for a part.</summary>
internal static class FileAnswer
{
    /// <summary>The whole answer, with validators of the open file, unless the route has its own.</summary>
    internal static SelectableResponse Of(StubAnswer answer, AnswerBody body)
    {
        DateTime modified = body.Modified!.Value;

        // A date of the current second says nothing: within it, the file can change again (RFC 9110, section 8.8.2.2).
        DateTime second = DateTime.UtcNow.AddSeconds(-1);
        DateTime shown = modified < second ? modified : second;
        shown = new DateTime(shown.Ticks - (shown.Ticks % TimeSpan.TicksPerSecond), DateTimeKind.Utc);
        string etag = Own(answer, "ETag")
            ?? string.Create(CultureInfo.InvariantCulture, $"\"{modified.Ticks:x}-{body.Length:x}\"");
        string? type = Own(answer, "Content-Type");
        KeyValuePair<string, string>[] own = [.. answer.Fields.Where(field => !Is(field, "Content-Type"))];
        byte[] common =
        [
            .. FieldLines.Format(
                [
                    FieldLines.Field("ETag", etag),
                    FieldLines.Field("Last-Modified", shown.ToString("R", CultureInfo.InvariantCulture)),
                    FieldLines.Field("Accept-Ranges", "bytes"),
                ],
                own),
            .. FieldLines.Format(own),
        ];
        byte[] about = type is null ? [] : FieldLines.Format([FieldLines.Field("Content-Type", type)]);
        return new SelectableResponse
        {
            Status = answer.Status,
            Fields = [.. about, .. common],
            CommonFields = common,
            ETag = Encoding.Latin1.GetBytes(etag),
            LastModified = shown,
            MediaType = type ?? "application/octet-stream",
        };
    }

    private static string? Own(StubAnswer answer, string name)
        => answer.Fields.FirstOrDefault(field => Is(field, name)) is { Key: not null } field ? field.Value : null;

    private static bool Is(KeyValuePair<string, string> field, string name) => field.Key.Equals(name, StringComparison.OrdinalIgnoreCase);
}
