using System.IO.Compression;

namespace PSNetLab.Engine.Tests;

/// <summary>Undoes content codings.</summary>
internal static class Codings
{
    internal static byte[] Decode(HttpAnswer answer) => answer["Content-Encoding"] switch
    {
        null => answer.Body,
        "gzip" => Unzip(answer.Body),
        "br" => Read(new BrotliStream(new MemoryStream(answer.Body), CompressionMode.Decompress)),
        string other => throw new InvalidDataException($"Nobody asked for {other}."),
    };

    internal static byte[] Gzip(byte[] content)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.SmallestSize))
        {
            gzip.Write(content);
        }

        return packed.ToArray();
    }

    /// <summary>Compressed less than a server would, so that it can be told from what the server makes.</summary>
    internal static byte[] Loosely(byte[] content, string coding)
    {
        using MemoryStream packed = new();
        using (Stream stream = coding == "gzip"
            ? new GZipStream(packed, CompressionLevel.Fastest)
            : new BrotliStream(packed, CompressionLevel.Fastest))
        {
            stream.Write(content);
        }

        return packed.ToArray();
    }

    /// <summary>Of nothing, as gzip makes it; GZipStream makes nothing of nothing.</summary>
    internal static byte[] EmptyGzip => [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Gigabytes of zeros, made of the same bytes again and again. Its checksum is wrong.</summary>
    internal static byte[] GzipOfZeros(int unit, int units)
    {
        using MemoryStream packed = new();
        using DeflateStream deflate = new(packed, CompressionLevel.Fastest);
        byte[] zeros = new byte[unit];
        deflate.Write(zeros);
        deflate.Flush();
        byte[] first = packed.ToArray();
        deflate.Write(zeros);
        deflate.Flush();
        byte[] other = packed.ToArray()[first.Length..];
        byte[] length = BitConverter.GetBytes(unchecked((uint)((long)unit * units)));
        byte[] header = EmptyGzip[..10];
        return [.. header, .. first, .. Enumerable.Repeat(other, units - 1).SelectMany(bytes => bytes), 3, 0, 0, 0, 0, 0, .. length];
    }

    internal static byte[] Unzip(byte[] packed) => Read(new GZipStream(new MemoryStream(packed), CompressionMode.Decompress));

    private static byte[] Read(Stream stream)
    {
        using MemoryStream all = new();
        using (stream)
        {
            stream.CopyTo(all);
        }

        return all.ToArray();
    }
}
