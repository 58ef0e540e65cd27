using System.IO.Compression;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>Undoes the compression of bodies, so that a recording can be read, edited and searched for secrets.</summary>
internal static class BodyCodings
{
    /// <summary>
    /// The body without its Content-Encoding, which then leaves the fields. If it cannot be undone, both stay as they are.
    /// </summary>
    internal static byte[] TakeOff(byte[] body, List<KeyValuePair<string, string>> fields, int mostBytes)
    {
        string coding = RecordedExchange.Get(fields, "Content-Encoding");
        if (coding.Length == 0 || TryDecode(body, coding, mostBytes) is not { } plain)
        {
            return body;
        }

        fields.RemoveAll(field => field.Key.Equals("Content-Encoding", StringComparison.OrdinalIgnoreCase));
        return plain;
    }

    /// <summary>
    /// The body without its Content-Encoding; null if the coding is not known, the body is not what it says, or is too long.
    /// </summary>
    private static byte[]? TryDecode(byte[] body, string contentEncoding, int mostBytes)
    {
        string[] codings = contentEncoding.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        byte[]? decoded = body;
        for (int i = codings.Length - 1; i >= 0 && decoded is not null; i--)
        {
            decoded = Decode(decoded, codings[i].ToLowerInvariant(), mostBytes);
        }

        return decoded;
    }

    private static byte[]? Decode(byte[] body, string coding, int mostBytes)
    {
        using MemoryStream source = new(body);
        using Stream? stream = coding switch
        {
            "gzip" or "x-gzip" => new GZipStream(source, CompressionMode.Decompress),
            "deflate" => new ZLibStream(source, CompressionMode.Decompress),
            "br" => new BrotliStream(source, CompressionMode.Decompress),
            "identity" => new MemoryStream(body),
            _ => null,
        };
        if (stream is null)
        {
            return null;
        }

        try
        {
            using MemoryStream plain = new();
            byte[] buffer = new byte[16 * 1024];
            while (stream.Read(buffer) is > 0 and int count)
            {
                plain.Write(buffer, 0, count);
                if (plain.Length > mostBytes)
                {
                    return null;
                }
            }

            return plain.ToArray();
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
