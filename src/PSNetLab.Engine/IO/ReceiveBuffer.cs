using System.Buffers;

namespace PSNetLab.Engine.IO;

/// <summary>
/// The bytes received on one connection and not yet consumed: in through a <see cref="Lease"/>, out through
/// <see cref="Pending"/> and <see cref="Take"/>.
/// </summary>
/// <remarks>
/// A connection with nothing half-received owns no memory. It receives into the thread's spare buffer, which belongs to it
/// alone while the lease lasts: another receiver on the thread gets a different one. What is left at the end of the lease
/// moves into memory of the connection.
/// </remarks>
/// <param name="memory">Where the connection's memory is counted; null for nowhere.</param>
internal sealed class ReceiveBuffer(HeldMemory? memory = null) : IDisposable
{
    internal const int LentBytes = 128 * 1024;
    private const int SmallestOwn = 4096;

    [ThreadStatic]
    private static byte[]? t_spare;

    private byte[]? _buffer;
    private bool _isLent;
    private int _start;
    private int _end;

    /// <summary>How many received bytes are not yet consumed.</summary>
    internal int Count => _end - _start;

    /// <summary>The received bytes that are not yet consumed.</summary>
    internal Span<byte> Pending => _buffer.AsSpan(_start, Count);

    /// <summary>Consumes the first <paramref name="count"/> of the pending bytes.</summary>
    internal void Take(int count) => _start += count;

    /// <summary>Lends memory to receive into, until the end of the calling method.</summary>
    internal Lease Lend()
    {
        if (_isLent)
        {
            throw new InvalidOperationException("Two readers on one connection.");
        }

        if (Count == 0)
        {
            Dispose();
            _buffer = t_spare ?? GC.AllocateUninitializedArray<byte>(LentBytes);
            t_spare = null;
            _isLent = true;
        }

        return new Lease(this);
    }

    /// <summary>Drops what is left and gives the memory back.</summary>
    public void Dispose()
    {
        if (_isLent)
        {
            t_spare = _buffer;
        }
        else if (_buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            memory?.Change(-_buffer.Length);
        }

        _buffer = null;
        _isLent = false;
        _start = _end = 0;
    }

    /// <summary>Gives back memory of which little is used. Not while it is lent.</summary>
    internal void Trim()
    {
        if (_buffer is not null && _buffer.Length / 4 > Math.Max(Count, SmallestOwn))
        {
            MoveToOwn(Count);
        }
    }

    private void MoveToOwn(long size)
    {
        int count = Count;
        byte[] own = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(size, SmallestOwn, Array.MaxLength));
        Pending.CopyTo(own);
        Dispose();
        _buffer = own;
        _end = count;
        memory?.Change(own.Length);
    }

    /// <summary>Lets a connection receive. A ref struct cannot outlive its method or an await.</summary>
    internal readonly ref struct Lease
    {
        private readonly ReceiveBuffer _owner;

        internal Lease(ReceiveBuffer owner) => _owner = owner;

        /// <summary>Where the next bytes go. Never empty.</summary>
        internal Span<byte> Free
        {
            get
            {
                if (_owner._end == _owner._buffer!.Length)
                {
                    _owner.MoveToOwn(_owner.Count * 2L);
                }

                return _owner._buffer.AsSpan(_owner._end);
            }
        }

        /// <summary>Call this after writing <paramref name="count"/> bytes into the last <see cref="Free"/>.</summary>
        internal void Advance(int count) => _owner._end += count;

        /// <summary>Gives the thread's buffer back; the connection keeps what is left.</summary>
        public void Dispose()
        {
            if (_owner.Count == 0)
            {
                _owner.Dispose();
            }
            else if (_owner._isLent)
            {
                _owner.MoveToOwn(_owner.Count);
            }
        }
    }
}
