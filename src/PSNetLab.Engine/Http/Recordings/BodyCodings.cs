using System.IO.Compression;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>Undoes the compression of bodies, so that a recording can be read, edited and searched for secrets.</summary>
internal static class BodyCodings
{
    // Servers use one, seldom two. Each more may cost as much as the longest body.
    private const int MostCodings = 4;

    /// <summary>
    /// The body without its Content-Encoding, which leaves the fields. One that cannot be undone is left out: nobody knows what is in it.
    /// </summary>
    /// <param name="body">The body as it came.</param>
    /// <param name="fields">The fields of the message.</param>
    /// <param name="limit">How long it may be then.</param>
    /// <param name="omitted">Why it is left out; null if it is not.</param>
    internal static byte[] TakeOff(byte[] body, List<KeyValuePair<string, string>> fields, DecodingLimit limit, out string? omitted)
    {
        byte[] plain = Plain(body, fields, limit, out omitted);
        if (body.Length > 0)
        {
            fields.RemoveAll(field => field.Key.Equals("Content-Encoding", StringComparison.OrdinalIgnoreCase));
        }

        return plain;
    }

    /// <summary>The same, with fields that stay as they are.</summary>
    internal static byte[] Plain(
        byte[] body, IReadOnlyList<KeyValuePair<string, string>> fields, DecodingLimit limit, out string? omitted)
    {
        string coding = RecordedExchange.Get(fields, "Content-Encoding");
        omitted = null;
        return coding.Length == 0 || body.Length == 0 ? body : TryDecode(body, coding, limit, out omitted) ?? [];
    }

    /// <summary>The body without its codings; null if one is not known, the body is not what it says, or is too long.</summary>
    internal static byte[]? TryDecode(byte[] body, string contentEncoding, DecodingLimit limit, out string? fault)
    {
        limit.Allow(body.Length);
        string[] codings = contentEncoding.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (codings.Length > MostCodings)
        {
            fault = $"it has {codings.Length} codings, and more than {MostCodings} are not undone";
            return null;
        }

        byte[]? decoded = body;
        fault = null;
        for (int i = codings.Length - 1; i >= 0 && decoded is not null; i--)
        {
            decoded = Decode(decoded, codings[i].ToLowerInvariant(), limit, out fault);
        }

        return decoded;
    }

    private static byte[]? Decode(byte[] body, string coding, DecodingLimit limit, out string? fault)
    {
        fault = null;
        switch (coding)
        {
            case "gzip" or "x-gzip":
                return Read(new GZipStream(new MemoryStream(body), CompressionMode.Decompress), coding, limit, out fault);
            case "br":
                return Read(new BrotliStream(new MemoryStream(body), CompressionMode.Decompress), coding, limit, out fault);
            case "deflate":
                // With the frame of RFC 9110, section 8.4.1.2, or without, as some servers send it.
                return Read(new ZLibStream(new MemoryStream(body), CompressionMode.Decompress), coding, limit, out _)
                    ?? Read(new DeflateStream(new MemoryStream(body), CompressionMode.Decompress), coding, limit, out fault);
            case "identity":
                return body;
            default:
                fault = $"{coding} is not a Content-Encoding that can be undone here";
                return null;
        }
    }

    private static byte[]? Read(Stream stream, string coding, DecodingLimit limit, out string? fault)
    {
        using MemoryStream plain = new();
        fault = null;
        try
        {
            using (stream)
            {
                byte[] buffer = new byte[16 * 1024];
                while (stream.Read(buffer) is > 0 and int count)
                {
                    plain.Write(buffer, 0, count);
                    fault = limit.Take(count, plain.Length, coding);
                    if (fault is not null)
                    {
                        return null;
                    }
                }
            }
        }
        catch (Exception error) when (error is InvalidDataException or IOException or InvalidOperationException)
        {
            // Brotli says InvalidOperationException of bytes that are none of its own.
            fault = $"it is not the {coding} that it says it is";
            return null;
        }

        return plain.ToArray();
    }
}
