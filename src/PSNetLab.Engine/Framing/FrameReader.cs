using System.Buffers;

namespace PSNetLab.Engine;

/// <summary>Cuts the bytes of one connection into frames: bytes go in through <see cref="GetBuffer"/> and <see cref="Advance"/>, frames come out of <see cref="TryRead"/>.</summary>
/// <remarks>
/// Does no I/O. A connection with nothing half-received owns no memory: it reads into a buffer shared by everything that
/// runs on the thread, and <see cref="Park"/> moves what is left into memory of its own before the thread may do something else.
/// </remarks>
internal sealed class FrameReader : IDisposable
{
    internal const int SharedBufferBytes = 128 * 1024;
    private const int SmallestOwnBuffer = 4096;

    [ThreadStatic]
    private static byte[]? t_shared;

    private readonly MessageFraming _framing;
    private readonly int _limit;
    private byte[]? _buffer;
    private bool _ownsBuffer;
    private int _start;
    private int _end;
    private int _examined;
    private int _pendingReads;

    internal FrameReader(MessageFraming framing, int limit)
    {
        _framing = framing;
        _limit = limit;
    }

    /// <summary>Bytes received that belong to no frame taken so far.</summary>
    internal int Pending => _end - _start;

    /// <summary>How many reads brought the bytes of the frame taken last.</summary>
    internal int Reads { get; private set; }

    /// <summary>Where the next bytes go. Never empty.</summary>
    internal Span<byte> GetBuffer()
    {
        if (_buffer is null)
        {
            _buffer = t_shared ??= GC.AllocateUninitializedArray<byte>(SharedBufferBytes);
            _ownsBuffer = false;
        }
        else if (_end == _buffer.Length)
        {
            MoveToOwnBuffer(Pending * 2L);
        }

        // With Raw, the size of the read is the size of the message.
        Span<byte> free = _buffer.AsSpan(_end);
        return _framing.IsRaw && free.Length > _limit ? free[.._limit] : free;
    }

    /// <summary>Says that <paramref name="count"/> bytes were written into the last <see cref="GetBuffer"/>.</summary>
    internal void Advance(int count)
    {
        _end += count;
        _pendingReads++;
    }

    /// <summary>Takes the next complete frame. Its payload is valid until the next call on this reader.</summary>
    /// <param name="payload">The bytes of the message, without header or delimiter.</param>
    /// <param name="length">Their number; of a frame that is too long, the number announced or reached.</param>
    internal FrameStatus TryRead(out ReadOnlySpan<byte> payload, out long length)
    {
        payload = default;
        length = 0;
        if (Pending == 0)
        {
            return FrameStatus.Incomplete;
        }

        FrameStatus status = _framing.TryRead(_buffer.AsSpan(_start, Pending), _limit, ref _examined, out Frame frame);
        length = frame.Length;
        if (status == FrameStatus.Complete)
        {
            payload = _buffer.AsSpan(_start + frame.Start, (int)frame.Length);
            Take(frame.Consumed);
        }

        return status;
    }

    /// <summary>Takes what is left when no more bytes will come: a frame that was cut off.</summary>
    internal ReadOnlySpan<byte> TakeRest()
    {
        ReadOnlySpan<byte> rest = _buffer.AsSpan(_start, Pending);
        Take(rest.Length);
        return rest;
    }

    /// <summary>Gives the thread's shared buffer back, keeping what is left. To be called before anything else may run on this thread.</summary>
    internal void Park()
    {
        if (Pending == 0)
        {
            ReturnBuffer();
        }
        else if (!_ownsBuffer)
        {
            MoveToOwnBuffer(Pending * 2L);
        }
    }

    /// <summary>Drops what is left and gives the memory back.</summary>
    public void Dispose()
    {
        ReturnBuffer();
        _pendingReads = 0;
    }

    private void ReturnBuffer()
    {
        if (_ownsBuffer && _buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = null;
        _ownsBuffer = false;
        _start = _end = _examined = 0;
    }

    private void Take(int count)
    {
        _start += count;
        _examined = 0;
        Reads = _pendingReads;

        // Bytes behind this frame came with the same read.
        _pendingReads = Pending > 0 ? 1 : 0;
    }

    private void MoveToOwnBuffer(long size)
    {
        int pending = Pending;
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(size, SmallestOwnBuffer, Array.MaxLength));
        _buffer.AsSpan(_start, pending).CopyTo(larger);
        int examined = _examined;
        ReturnBuffer();
        _buffer = larger;
        _ownsBuffer = true;
        _end = pending;
        _examined = examined;
    }
}
