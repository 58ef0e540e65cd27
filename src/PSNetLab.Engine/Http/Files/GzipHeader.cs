using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace PSNetLab.Engine.Http.Files;

/// <summary>The header of a gzip file (RFC 1952, section 2.3).</summary>
internal static class GzipHeader
{
    private const int FixedBytes = 10;
    private const byte Deflate = 8;

    [Flags]
    private enum Parts : byte
    {
        Checksum = 2,
        Extra = 4,
        Name = 8,
        Comment = 16,
        Reserved = 0xE0,
    }

    private static ReadOnlySpan<byte> Magic => [0x1F, 0x8B];

    /// <summary>Whether a file begins like gzip.</summary>
    internal static bool IsAtStartOf(SafeFileHandle file)
    {
        Span<byte> start = stackalloc byte[2];
        return start[..FileBytes.Fill(file, start, 0)].SequenceEqual(Magic);
    }

    /// <summary>The length of the header; -1 if there is none, or if it is longer than <paramref name="start"/>.</summary>
    /// <param name="start">The start of the file.</param>
    internal static int Length(ReadOnlySpan<byte> start)
    {
        if (start.Length < FixedBytes || !start.StartsWith(Magic) || start[2] != Deflate)
        {
            return -1;
        }

        Parts parts = (Parts)start[3];
        int length = FixedBytes;
        bool isWhole = (parts & Parts.Reserved) == 0
            && (!parts.HasFlag(Parts.Extra) || TrySkipExtra(start, ref length))
            && (!parts.HasFlag(Parts.Name) || TrySkipText(start, ref length))
            && (!parts.HasFlag(Parts.Comment) || TrySkipText(start, ref length))
            && (!parts.HasFlag(Parts.Checksum) || TrySkipChecksum(start, ref length));
        return isWhole ? length : -1;
    }

    private static bool TrySkipExtra(ReadOnlySpan<byte> start, ref int length)
        => BinaryPrimitives.TryReadUInt16LittleEndian(start[length..], out ushort bytes)
            && (length += sizeof(ushort) + bytes) <= start.Length;

    private static bool TrySkipText(ReadOnlySpan<byte> start, ref int length)
    {
        int zero = start[length..].IndexOf((byte)0);
        length += zero + 1;
        return zero >= 0;
    }

    private static bool TrySkipChecksum(ReadOnlySpan<byte> start, ref int length)
    {
        bool isRight = BinaryPrimitives.TryReadUInt16LittleEndian(start[length..], out ushort checksum)
            && checksum == (ushort)Crc32.Append(0, start[..length]);
        length += sizeof(ushort);
        return isRight;
    }
}
