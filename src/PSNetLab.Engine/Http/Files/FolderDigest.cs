using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace PSNetLab.Engine.Http.Files;

/// <summary>A hash of everything that a listing shows of a folder.</summary>
internal sealed class FolderDigest : IDisposable
{
    // Many entries at a time: a call of the hash costs as much as hashing an entry.
    private const int BufferBytes = 4096;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _length;

    internal void Add(ReadOnlySpan<char> name, in FileStamp stamp)
    {
        Add(MemoryMarshal.AsBytes(name));
        ReadOnlySpan<long> rest = [name.Length, (long)stamp.Kind, stamp.Kind == FileKind.File ? stamp.Length : 0, stamp.Modified];
        Add(MemoryMarshal.AsBytes(rest));
    }

    /// <summary>Returns the hash of what was added since the last call.</summary>
    internal byte[] Take()
    {
        Flush();
        return _hash.GetHashAndReset();
    }

    public void Dispose() => _hash.Dispose();

    private void Add(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > BufferBytes - _length)
        {
            Flush();
        }

        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    private void Flush()
    {
        _hash.AppendData(_buffer, 0, _length);
        _length = 0;
    }
}
