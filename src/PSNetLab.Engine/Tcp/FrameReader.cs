using System.Net;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tcp;

/// <summary>
/// Cuts the bytes of one connection into frames: bytes go in through a <see cref="Lease"/>, frames come out of <see cref="TryRead"/>.
/// </summary>
/// <remarks>Does no I/O.</remarks>
internal sealed class FrameReader : IDisposable
{
    private readonly MessageFraming _framing;
    private readonly int _limit;
    private readonly ReceiveBuffer _buffer;
    private FrameProgress _progress;
    private int _pendingReads;

    /// <param name="framing">Where messages end.</param>
    /// <param name="limit">The most bytes of a message.</param>
    /// <param name="memory">Where the memory of the connection is counted; null for nowhere.</param>
    internal FrameReader(MessageFraming framing, int limit, HeldMemory? memory = null)
    {
        _buffer = new ReceiveBuffer(memory);
        _framing = framing;
        _limit = limit;
    }

    /// <summary>Bytes received that do not belong to a frame taken so far.</summary>
    internal int Pending => _buffer.Count;

    /// <summary>What the framing itself has to say to the peer, such as refusals of Telnet options.</summary>
    internal ReadOnlySpan<byte> Answers => _progress.Answers;

    /// <inheritdoc cref="FrameProgress.EndAnswers"/>
    internal void EndAnswers() => _progress.EndAnswers();

    /// <inheritdoc cref="MessageFraming.Complaint"/>
    internal string Complaint => _framing.Complaint(_buffer.Pending);

    /// <summary>How many reads the last frame took.</summary>
    internal int Reads { get; private set; }

    /// <inheritdoc cref="ReceiveBuffer.Lend"/>
    internal Lease Lend() => new(this);

    /// <summary>Takes the next complete frame. Its payload is valid until the next call on this reader.</summary>
    /// <param name="payload">The bytes of the message, without header or delimiter.</param>
    /// <param name="length">Their number; for a frame that is too long, the number announced or reached.</param>
    internal FrameStatus TryRead(out ReadOnlySpan<byte> payload, out long length)
    {
        payload = default;
        length = 0;
        Span<byte> pending = _buffer.Pending;
        if (pending.IsEmpty)
        {
            return FrameStatus.Incomplete;
        }

        FrameStatus status = _framing.TryRead(pending, _limit, ref _progress, out Frame frame);
        length = frame.Length;
        switch (status)
        {
            case FrameStatus.Complete:
                payload = pending.Slice(frame.Start, (int)frame.Length);
                Take(frame.Consumed);
                break;

            // Not each time, because that could move much for little.
            case FrameStatus.Incomplete when _progress.Dropped > _progress.Kept:
                CloseUp();
                break;
        }

        return status;
    }

    /// <summary>Whether the framing has to be asked before there can be a frame.</summary>
    internal bool IsUndecided => _framing.IsSlow && Pending > 0 && ScriptFraming.IsUndecided(Pending, _progress);

    /// <summary>Asks the framing, away from the event loop. Nobody else may use the reader meanwhile.</summary>
    /// <exception cref="NetLabException">It failed.</exception>
    internal async ValueTask DecideAsync(EndPoint peer, CancellationToken cancellationToken)
    {
        byte[] bytes = _buffer.Pending.ToArray();
        await LoopThread.Leave();
        _progress.Verdict = await ((ScriptFraming)_framing).Scripts.ParseAsync(bytes, peer, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes what is left when no more bytes will come: an incomplete frame, without its header.</summary>
    internal ReadOnlySpan<byte> TakeRest()
    {
        Span<byte> pending = _buffer.Pending;
        ReadOnlySpan<byte> rest = _framing.Rest(pending, _progress);
        Take(pending.Length);
        return rest;
    }

    /// <summary>Hands out what has been received, to somebody who reads it otherwise; frames begin anew after what is left.</summary>
    internal ReceiveBuffer LeaveToOther()
    {
        CloseUp();
        _progress = default;
        return _buffer;
    }

    /// <inheritdoc cref="ReceiveBuffer.Trim"/>
    internal void Trim() => _buffer.Trim();

    /// <summary>Drops what is left and gives the memory back.</summary>
    public void Dispose()
    {
        _buffer.Dispose();
        _progress = default;
        _pendingReads = 0;
    }

    private void Take(int count)
    {
        _buffer.Take(count);
        _progress.Restart();
        Reads = _pendingReads;

        // The bytes after this frame arrived with the same read.
        _pendingReads = Pending > 0 ? 1 : 0;
    }

    /// <summary>Takes bytes that belong to no message out from between those that do and those that follow.</summary>
    private void CloseUp()
    {
        Span<byte> pending = _buffer.Pending;
        pending[.._progress.Kept].CopyTo(pending[_progress.Dropped..]);
        _buffer.Take(_progress.Dropped);
        _progress.CloseUp();
        if (_progress.Kept == 0)
        {
            _pendingReads = Pending > 0 ? 1 : 0;
        }
    }

    /// <inheritdoc cref="ReceiveBuffer.Lease"/>
    internal readonly ref struct Lease
    {
        private readonly FrameReader _reader;
        private readonly ReceiveBuffer.Lease _bytes;

        internal Lease(FrameReader reader)
        {
            _reader = reader;
            _bytes = reader._buffer.Lend();
        }

        /// <summary>Where the next bytes go. Never empty.</summary>
        internal Span<byte> Free
        {
            get
            {
                // With Raw, the size of the read is the size of the message.
                Span<byte> free = _bytes.Free;
                return _reader._framing.IsRaw && free.Length > _reader._limit ? free[.._reader._limit] : free;
            }
        }

        /// <summary>Call this after writing <paramref name="count"/> bytes into the last <see cref="Free"/>.</summary>
        internal void Advance(int count)
        {
            _bytes.Advance(count);
            _reader._pendingReads++;
        }

        /// <inheritdoc cref="ReceiveBuffer.Lease.Dispose"/>
        public void Dispose() => _bytes.Dispose();
    }
}
