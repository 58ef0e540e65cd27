using System.Security.Cryptography;
using System.Text;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Files;

/// <content>The fields and the tag of a form.</content>
internal sealed partial class WebFile
{
    private FileForm NewForm(FilePath source, FileStamp stamp, byte[]? content, ContentCoding coding)
    {
        byte[] etag = ETag(source, stamp, content, coding);
        string? encoding = coding switch
        {
            ContentCoding.Gzip => NamedCodings.Gzip,
            ContentCoding.Brotli => "br",
            _ => _coding,
        };

        // A date is a strong validator only if it is a second older than the response (RFC 9110, section 8.8.2.2): within its
        // second, the file can change again. A file that new gets an earlier date, which no later version of it has.
        DateTime modified = WholeSeconds(Stamp.ModifiedUtc);
        DateTime strong = WholeSeconds(_options.Clock.GetUtcNow().UtcDateTime.AddSeconds(-1));
        DateTime shown = modified < strong ? modified : strong;
        byte[] common = _fields.Format(
            [
                FieldLines.Field("ETag", Encoding.Latin1.GetString(etag)),
                FieldLines.Field("Last-Modified", shown.ToString("R")),
                FieldLines.Field("Cache-Control", _options.CacheControl),
                .. coding == ContentCoding.Identity
                    ? [FieldLines.Field("Accept-Ranges", "bytes")]
                    : Array.Empty<KeyValuePair<string, string>>(),
                .. _isCompressible ? [FieldLines.Field("Vary", "Accept-Encoding")] : Array.Empty<KeyValuePair<string, string>>(),
            ]);
        byte[] about = _fields.Format(
            [
                FieldLines.Field("Content-Type", _mediaType),
                .. encoding is null ? Array.Empty<KeyValuePair<string, string>>() : [FieldLines.Field("Content-Encoding", encoding)],
            ]);
        common = [.. common, .. _fields.Common];
        return new FileForm
        {
            Status = 200,
            Fields = [.. about, .. common],
            CommonFields = common,
            Content = content is null ? Content.OfFile(stamp.Length) : Content.Of(content, new MemoryCopy(content)),
            Source = source,
            File = Path,
            Stamp = stamp,
            ETag = etag,
            LastModified = modified,
            MediaType = _mediaType,
            Encoding = encoding,
        };
    }

    private static DateTime WholeSeconds(DateTime time)
        => new(time.Ticks - (time.Ticks % TimeSpan.TicksPerSecond), DateTimeKind.Utc);

    /// <summary>
    /// For a small file, a hash of its content, so that two changes within a tick of the file system's clock give two tags. For a
    /// large file, a hash of its stamp.
    /// </summary>
    private byte[] ETag(FilePath source, FileStamp stamp, byte[]? content, ContentCoding coding)
    {
        // A form that is compressed here depends only on the file.
        bool isMade = coding != ContentCoding.Identity && source == Path;
        bool isKnown = isMade ? Plain.IsInMemory : content is not null;
        ReadOnlySpan<byte> basis = !isKnown ? Encoding.UTF8.GetBytes(stamp.ToString()) : isMade ? Plain.Content.Bytes.Span : content;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(basis, hash);
        string suffix = coding switch
        {
            ContentCoding.Gzip => "-gz",
            ContentCoding.Brotli => "-br",
            _ => string.Empty,
        };
        return Encoding.Latin1.GetBytes($"\"{Convert.ToHexString(hash[..8]).ToLowerInvariant()}{suffix}\"");
    }
}
