using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using Microsoft.Win32.SafeHandles;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Files;

/// <summary>Compares a file that was compressed beforehand with the file it is sent for, by unpacking it once.</summary>
internal sealed class Precompressed : IDisposable
{
    private const int BlockBytes = 64 * 1024;

    private readonly SafeFileHandle _packed;
    private readonly SafeFileHandle _plain;
    private readonly Func<bool> _isWanted;
    private readonly byte[] _input = ArrayPool<byte>.Shared.Rent(BlockBytes);
    private readonly byte[] _output = ArrayPool<byte>.Shared.Rent(BlockBytes);
    private readonly byte[] _expected = ArrayPool<byte>.Shared.Rent(BlockBytes);
    private long _position;

    private Precompressed(SafeFileHandle packed, SafeFileHandle plain, Func<bool> isWanted)
    {
        _packed = packed;
        _plain = plain;
        _isWanted = isWanted;
    }

    private bool IsAtEnd => _position == RandomAccess.GetLength(_plain);

    /// <summary>Whether a compressed file is complete and has the content of another one.</summary>
    /// <param name="packed">The compressed file.</param>
    /// <param name="plain">The other file.</param>
    /// <param name="coding">How the file is compressed.</param>
    /// <param name="isWanted">Says whether the result is still wanted; if not, it is false.</param>
    internal static bool Matches(SafeFileHandle packed, SafeFileHandle plain, ContentCoding coding, Func<bool> isWanted)
    {
        using Precompressed check = new(packed, plain, isWanted);
        return coding == ContentCoding.Gzip ? check.GzipMatches() : check.BrotliMatches();
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_input);
        ArrayPool<byte>.Shared.Return(_output);
        ArrayPool<byte>.Shared.Return(_expected);
    }

    private bool GzipMatches()
    {
        // Nothing may follow the content but its checksum and its length (RFC 1952, section 2.3.1): neither a second member, of which
        // many clients know nothing, nor anything else.
        Span<byte> trailer = stackalloc byte[2 * sizeof(uint)];
        long end = RandomAccess.GetLength(_packed) - trailer.Length;
        int start = GzipHeader.Length(_input.AsSpan(0, FileBytes.Fill(_packed, _input.AsSpan(0, BlockBytes), 0)));
        if (start < 0 || start >= end || FileBytes.Fill(_packed, trailer, end) < trailer.Length
            || BinaryPrimitives.ReadUInt32LittleEndian(trailer[sizeof(uint)..]) != unchecked((uint)RandomAccess.GetLength(_plain)))
        {
            return false;
        }

        try
        {
            FileSection section = new(_packed, start, end);
            using DeflateStream content = new(section, CompressionMode.Decompress);
            uint checksum = 0;
            while (content.Read(_output, 0, BlockBytes) is > 0 and int count)
            {
                checksum = Crc32.Append(checksum, _output.AsSpan(0, count));
                if (!IsNext(count))
                {
                    return false;
                }
            }

            return IsAtEnd && section.EndedWithReader && checksum == BinaryPrimitives.ReadUInt32LittleEndian(trailer);
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private bool BrotliMatches()
    {
        using BrotliDecoder decoder = new();
        long offset = 0;
        int start = 0;
        int end = 0;
        while (true)
        {
            OperationStatus status = decoder.Decompress(
                _input.AsSpan(start..end), _output.AsSpan(0, BlockBytes), out int consumed, out int count);
            start += consumed;
            if (!IsNext(count))
            {
                return false;
            }

            switch (status)
            {
                case OperationStatus.Done:
                    return IsAtEnd && start == end && offset == RandomAccess.GetLength(_packed);
                case OperationStatus.NeedMoreData:
                    (start, end) = (0, RandomAccess.Read(_packed, _input.AsSpan(0, BlockBytes), offset));
                    offset += end;
                    if (end == 0)
                    {
                        return false;
                    }

                    break;
                case OperationStatus.InvalidData:
                    return false;
            }
        }
    }

    /// <summary>Whether the unpacked bytes are the next ones of the other file.</summary>
    private bool IsNext(int count)
    {
        int read = FileBytes.Fill(_plain, _expected.AsSpan(0, count), _position);
        _position += count;
        return read == count && _isWanted() && _expected.AsSpan(0, count).SequenceEqual(_output.AsSpan(0, count));
    }
}
