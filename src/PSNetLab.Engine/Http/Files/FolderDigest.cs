using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace PSNetLab.Engine.Http.Files;

/// <summary>A hash of everything that a listing shows of a folder.</summary>
internal sealed class FolderDigest : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    internal void Add(ReadOnlySpan<char> name, in FileStamp stamp)
    {
        ReadOnlySpan<long> rest = [name.Length, (long)stamp.Kind, stamp.Kind == FileKind.File ? stamp.Length : 0, stamp.Modified];
        _hash.AppendData(MemoryMarshal.AsBytes(name));
        _hash.AppendData(MemoryMarshal.AsBytes(rest));
    }

    /// <summary>Returns the hash of what was added since the last call.</summary>
    internal byte[] Take() => _hash.GetHashAndReset();

    public void Dispose() => _hash.Dispose();
}
