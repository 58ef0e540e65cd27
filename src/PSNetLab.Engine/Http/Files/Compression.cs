using System.Buffers;
using System.IO.Compression;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Files;

/// <summary>Compresses content in memory.</summary>
internal static class Compression
{
    // Higher qualities take more time than the smaller size saves.
    private const int BrotliQuality = 5;
    private const int BrotliWindow = 22;

    /// <summary>The compressed content; null if it does not get smaller.</summary>
    internal static byte[]? Compress(ReadOnlySpan<byte> source, ContentCoding coding)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(source.Length);
        try
        {
            int length = coding == ContentCoding.Brotli ? Brotli(source, buffer) : Gzip(source, buffer);
            return length == 0 ? null : buffer[..length];
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static int Brotli(ReadOnlySpan<byte> source, byte[] destination)
    {
        Span<byte> room = destination.AsSpan(0, source.Length);
        return BrotliEncoder.TryCompress(source, room, out int length, BrotliQuality, BrotliWindow) ? length : 0;
    }

    private static int Gzip(ReadOnlySpan<byte> source, byte[] destination)
    {
        using MemoryStream compressed = new(destination, 0, source.Length);
        try
        {
            using GZipStream gzip = new(compressed, CompressionLevel.Optimal, leaveOpen: true);
            gzip.Write(source);
        }
        catch (NotSupportedException)
        {
            return 0; // the compressed content is longer than the source
        }

        return (int)compressed.Position;
    }
}
