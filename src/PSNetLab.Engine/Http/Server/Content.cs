using Microsoft.Win32.SafeHandles;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Server;

/// <summary>
/// What follows the head of a response: bytes in memory or of a file, or several ranges of either with lines between
/// them.
/// </summary>
internal sealed record Content
{
    internal static readonly Content None = new();

    /// <summary>The bytes, where they are in memory.</summary>
    internal ReadOnlyMemory<byte> Bytes { get; private init; }

    /// <summary>The file they are in otherwise; it is closed when they are sent.</summary>
    internal SafeFileHandle? File { get; private init; }

    /// <summary>Where they begin in the file, or in <see cref="Copy"/>.</summary>
    internal long Start { get; private init; }

    /// <summary>Their number; with ranges, of everything.</summary>
    internal long Length { get; private init; }

    /// <summary>A file that has the same bytes as the memory.</summary>
    internal MemoryCopy? Copy { get; private init; }

    internal ContentRanges? Ranges { get; private init; }

    internal bool IsEmpty => Length == 0;

    internal static Content Of(ReadOnlyMemory<byte> bytes, MemoryCopy? copy = null)
        => new() { Bytes = bytes, Length = bytes.Length, Copy = copy };

    /// <summary>The content of a file that has still to be opened.</summary>
    internal static Content OfFile(long length) => new() { Length = length };

    /// <summary>The same, from an open file.</summary>
    internal Content From(SafeFileHandle file) => this with { File = file };

    /// <summary>A part of it.</summary>
    internal Content Slice(ByteRange range) => this with
    {
        Bytes = File is null ? Bytes.Slice((int)range.Start, (int)range.Length) : default,
        Start = Start + range.Start,
        Length = range.Length,
    };

    /// <summary>Several parts of it.</summary>
    internal Content Cut(ContentRanges ranges) => this with { Ranges = ranges, Length = ranges.Length };
}

/// <summary>Ranges of a content.</summary>
/// <param name="Parts">The ranges, each with the lines before it.</param>
/// <param name="End">The lines after the last one.</param>
internal sealed record ContentRanges((byte[] Lines, ByteRange Range)[] Parts, byte[] End)
{
    internal long Length { get; } = Parts.Sum(part => part.Lines.Length + part.Range.Length) + End.Length;
}
