using System.Buffers;

namespace PSNetLab.Engine;

/// <summary>The bytes of one connection between the socket and the parser: in through <see cref="GetSpan"/> and <see cref="Advance"/>, out through <see cref="Pending"/> and <see cref="Take"/>.</summary>
/// <remarks>
/// A connection with nothing half-received owns no memory: it reads into a buffer shared by everything that
/// runs on the thread, and <see cref="Park"/> moves what is left into memory of its own before the thread may do something else.
/// </remarks>
internal sealed class ReceiveBuffer : IDisposable
{
    internal const int SharedBytes = 128 * 1024;
    private const int SmallestOwn = 4096;

    [ThreadStatic]
    private static byte[]? t_shared;

    private byte[]? _buffer;
    private bool _isOwn;
    private int _start;
    private int _end;

    /// <summary>How many bytes came that nobody has taken.</summary>
    internal int Count => _end - _start;

    /// <summary>The bytes that came and nobody has taken. Valid until the next call that is not <see cref="Take"/>.</summary>
    internal ReadOnlySpan<byte> Pending => _buffer.AsSpan(_start, Count);

    /// <summary>Where the next bytes go. Never empty.</summary>
    internal Span<byte> GetSpan()
    {
        if (_buffer is null)
        {
            _buffer = t_shared ??= GC.AllocateUninitializedArray<byte>(SharedBytes);
            _isOwn = false;
        }
        else if (_end == _buffer.Length)
        {
            MoveToOwn(Count * 2L);
        }

        return _buffer.AsSpan(_end);
    }

    /// <summary>Says that <paramref name="count"/> bytes were written into the last <see cref="GetSpan"/>.</summary>
    internal void Advance(int count) => _end += count;

    /// <summary>Says that the first <paramref name="count"/> of the pending bytes are done with.</summary>
    internal void Take(int count) => _start += count;

    /// <summary>Gives the thread's shared buffer back, keeping what is left. To be called before anything else may run on this thread.</summary>
    internal void Park()
    {
        if (Count == 0)
        {
            Dispose();
        }
        else if (!_isOwn)
        {
            MoveToOwn(Count * 2L);
        }
    }

    /// <summary>Drops what is left and gives the memory back.</summary>
    public void Dispose()
    {
        if (_isOwn && _buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = null;
        _isOwn = false;
        _start = _end = 0;
    }

    private void MoveToOwn(long size)
    {
        int count = Count;
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(size, SmallestOwn, Array.MaxLength));
        Pending.CopyTo(larger);
        Dispose();
        _buffer = larger;
        _isOwn = true;
        _end = count;
    }
}
