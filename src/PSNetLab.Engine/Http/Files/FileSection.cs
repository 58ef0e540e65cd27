using Microsoft.Win32.SafeHandles;

namespace PSNetLab.Engine.Http.Files;

/// <summary>A part of a file, for a reader that finds its end by itself. It shows whether that is the end of the part.</summary>
/// <param name="file">The file.</param>
/// <param name="start">Where the part starts.</param>
/// <param name="end">Where it ends.</param>
internal sealed class FileSection(SafeFileHandle file, long start, long end) : Stream
{
    private long _position = start;
    private bool _wasTooShort;

    /// <summary>Whether the reader needed all of it, and nothing after it.</summary>
    internal bool EndedWithReader => _position == end && !_wasTooShort;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        // The last byte comes alone: a reader asks for it only if it has not found its end before.
        long left = end - _position;
        int count = RandomAccess.Read(file, buffer[..(int)Math.Min(left > 1 ? left - 1 : left, buffer.Length)], _position);
        _wasTooShort |= count == 0;
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
