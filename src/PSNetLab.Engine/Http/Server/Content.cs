using Microsoft.Win32.SafeHandles;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Server;

/// <summary>
/// The body of a response: bytes in memory or in a file, or several ranges of either, with the lines of a multipart body
/// between them.
/// </summary>
internal sealed record Content
{
    internal static readonly Content None = new();

    /// <summary>The bytes, if they are in memory.</summary>
    internal ReadOnlyMemory<byte> Bytes { get; private init; }

    /// <summary>The file that has the bytes otherwise. It is closed after they are sent.</summary>
    internal SafeFileHandle? File { get; private init; }

    /// <summary>The offset of the first byte in <see cref="File"/> or <see cref="Copy"/>.</summary>
    internal long Start { get; private init; }

    /// <summary>The length of the body in bytes, including the lines between ranges.</summary>
    internal long Length { get; private init; }

    /// <summary>A file with the same bytes as <see cref="Bytes"/>, for sendfile(2).</summary>
    internal MemoryCopy? Copy { get; private init; }

    internal ContentRanges? Ranges { get; private init; }

    internal bool IsEmpty => Length == 0;

    internal static Content Of(ReadOnlyMemory<byte> bytes, MemoryCopy? copy = null)
        => new() { Bytes = bytes, Length = bytes.Length, Copy = copy };

    /// <summary>The content of a file that is not open yet.</summary>
    internal static Content OfFile(long length) => new() { Length = length };

    /// <summary>The same content, now that its file is open.</summary>
    internal Content From(SafeFileHandle file) => this with { File = file };

    /// <summary>One range of the content.</summary>
    internal Content Slice(ByteRange range) => this with
    {
        Bytes = File is null ? Bytes.Slice((int)range.Start, (int)range.Length) : default,
        Start = Start + range.Start,
        Length = range.Length,
    };

    /// <summary>Several ranges of the content.</summary>
    internal Content Cut(ContentRanges ranges) => this with { Ranges = ranges, Length = ranges.Length };
}

/// <summary>The ranges of a multipart/byteranges body.</summary>
/// <param name="Parts">Each range, and the boundary and field lines before it.</param>
/// <param name="End">The closing boundary.</param>
internal sealed record ContentRanges((byte[] Lines, ByteRange Range)[] Parts, byte[] End)
{
    internal long Length { get; } = Parts.Sum(part => part.Lines.Length + part.Range.Length) + End.Length;
}
