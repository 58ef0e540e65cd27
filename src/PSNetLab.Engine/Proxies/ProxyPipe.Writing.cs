using System.Diagnostics;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Proxies;

/// <content>The queue, and who empties it as the faults say.</content>
internal sealed partial class ProxyPipe
{
    // A limited bandwidth is kept in pieces of a hundredth of a second. What a late timer cost is made up for, but no more.
    private const int PiecesPerSecond = 100;
    private static readonly long s_mostMadeUp = Stopwatch.Frequency / 50;

    private PreciseDelay? _delay;
    private bool _isReaderSending;
    private long _lineIsFree;
    private long _lineWillBeFree;
    private long _nextSlice;

    /// <summary>Ends the direction now: what it holds is dropped, and what still comes.</summary>
    /// <returns>False if it has ended already.</returns>
    internal bool Cut()
    {
        lock (_queue)
        {
            if (_isCut || _isEndSent || (_isSealed && !_isBusy))
            {
                return false;
            }

            _isCut = true;
            if (_isBusy || _to is null)
            {
                Wake();
                return true;
            }

            _isBusy = true;
        }

        _ = WriteAsync();
        return true;
    }

    /// <summary>Lets the writer and the reader look again: faults have changed, or the session has ended.</summary>
    internal void Wake()
    {
        Volatile.Read(ref _delay)?.Wake();
        _room.Signal();
    }

    /// <summary>Says who the two sides are. If the direction was cut before, the receiver gets its end.</summary>
    private void Start(Transport from, Transport to)
    {
        lock (_queue)
        {
            (_from, _to, _failing) = (from, to, from);
            if (!_isCut)
            {
                return;
            }

            _isBusy = true;
        }

        _ = WriteAsync();
    }

    private bool TryBeginSending()
    {
        if (HasFaults)
        {
            return false;
        }

        lock (_queue)
        {
            _isReaderSending = !_isBusy;
            _isBusy = true;
        }

        return _isReaderSending;
    }

    private void EndSending()
    {
        _isReaderSending = false;
        lock (_queue)
        {
            if (!_isCut || session.HasEnded)
            {
                Rest();
                return;
            }
        }

        _ = WriteAsync();
    }

    /// <summary>Says that nobody sends. Only under the lock.</summary>
    private void Rest()
    {
        _isBusy = false;
        _idle?.TrySetResult();
    }

    /// <summary>Puts a chunk into the queue.</summary>
    private void Add(Chunk chunk)
    {
        lock (_queue)
        {
            _queue.Enqueue(chunk);
            _held += chunk.Length;
        }
    }

    /// <summary>Has the queue sent, if nobody does so yet.</summary>
    private void WriteQueue()
    {
        lock (_queue)
        {
            if (_isBusy)
            {
                return;
            }

            _isBusy = true;
        }

        _ = WriteAsync();
    }

    /// <summary>Completes when nobody sends any more.</summary>
    private Task SealAsync()
    {
        lock (_queue)
        {
            _isSealed = true;
            _idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!_isBusy || _isReaderSending)
            {
                // Who reads has failed to send, or has nothing left to send.
                Clear();
                Rest();
            }

            return _idle.Task;
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            PreciseDelay delay = _delay ?? Interlocked.CompareExchange(ref _delay, new PreciseDelay(), null) ?? _delay;
            while (TryTakeHead(out Chunk chunk))
            {
                try
                {
                    await SendAsync(chunk, delay).ConfigureAwait(false);
                }
                finally
                {
                    Drop(chunk);
                }
            }
        }
        catch (Exception error)
        {
            session.Fail(error, _to);
            lock (_queue)
            {
                Clear();
                Rest();
            }
        }
    }

    /// <summary>The next chunk, which stays counted until it was sent. If there is none, nobody sends any more.</summary>
    private bool TryTakeHead(out Chunk chunk)
    {
        lock (_queue)
        {
            if (session.HasEnded || _isCut)
            {
                Clear();
            }

            if (_isCut && !_isEndSent && !session.HasEnded)
            {
                chunk = default; // the end
                return true;
            }

            if (_queue.TryDequeue(out chunk))
            {
                return true;
            }

            Rest();
            return false;
        }
    }

    private void Drop(Chunk chunk)
    {
        lock (_queue)
        {
            _held -= chunk.Length;
        }

        chunk.Return();
        _room.Signal();
    }

    /// <summary>Drops what waits. Only under the lock.</summary>
    private void Clear()
    {
        while (_queue.TryDequeue(out Chunk chunk))
        {
            _held -= chunk.Length;
            chunk.Return();
        }

        _room.Signal();
    }

    /// <summary>Sends a chunk as the faults say; not all of it if the direction is cut, or the session ends.</summary>
    private async ValueTask SendAsync(Chunk chunk, PreciseDelay delay)
    {
        int done = 0;
        while (done < chunk.Length || chunk.IsEnd)
        {
            delay.Clear();
            if (session.HasEnded || (_isCut && !chunk.IsEnd))
            {
                return;
            }

            long now = Stopwatch.GetTimestamp();
            (long due, int count) = now < chunk.Due && !_isCut ? (chunk.Due, 0) : Plan(chunk, done, now);
            if (due > now)
            {
                await delay.UntilAsync(due).ConfigureAwait(false);
            }
            else if (chunk.IsEnd)
            {
                await _to!.ShutdownSendAsync(CancellationToken.None).ConfigureAwait(false);
                Volatile.Write(ref _isEndSent, true);
                return;
            }
            else
            {
                session.FireEvents(this, chunk.Chosen);
                if (session.HasEnded || _isCut)
                {
                    return;
                }

                await _to!.SendAsync(chunk.Memory.Slice(done, count), CancellationToken.None).ConfigureAwait(false);
                done += count;
                AddPassed(count);
                session.Touch();
                Account(chunk, _passed - count, now, isFirst: done == count);
                session.FireEvents();
            }
        }
    }

    /// <summary>How many bytes may be sent next, and when.</summary>
    private (long Due, int Count) Plan(Chunk chunk, int done, long now)
    {
        long due = now;
        long count = chunk.Length - done;
        long rate = long.MaxValue;
        foreach (ActiveFault fault in session.Faults.Of(direction))
        {
            long begins = fault.BeginsAtOffset;
            if (begins > _passed)
            {
                count = Math.Min(count, begins - _passed);
            }
            else if (fault.Concerns(chunk.Chosen) && fault.IsActive(_passed, now) && !_isCut)
            {
                switch (fault.Kind)
                {
                    case NetFaultKind.Stall:
                        fault.HitOnce();
                        return (fault.EndsAt, 0);
                    case NetFaultKind.Bandwidth:
                        rate = Math.Min(rate, fault.Fault.BytesPerSecond!.Value);
                        break;
                    case NetFaultKind.Slice:
                        int size = fault.Fault.SliceBytes!.Value;
                        count = Math.Min(count, size - (_passed % size));
                        due = Math.Max(due, _nextSlice);
                        break;
                }
            }
        }

        if (rate == long.MaxValue || chunk.IsEnd)
        {
            return (due, (int)count);
        }

        count = Math.Min(count, Math.Max(rate / PiecesPerSecond, 1));
        long duration = (long)((double)count / rate * Stopwatch.Frequency);
        long starts = Math.Max(Math.Max(_lineIsFree, chunk.Due), now - duration - s_mostMadeUp);
        _lineWillBeFree = starts + duration;
        return (Math.Max(due, _lineWillBeFree), (int)count);
    }

    /// <summary>Notes what was sent, for the faults that say when to send more.</summary>
    private void Account(Chunk chunk, long offset, long now, bool isFirst)
    {
        foreach (ActiveFault fault in session.Faults.Of(direction))
        {
            if (!fault.Concerns(chunk.Chosen) || !fault.IsActive(offset, now))
            {
                continue;
            }

            if (fault.Kind == NetFaultKind.Slice)
            {
                _nextSlice = Stopwatch.GetTimestamp() + ActiveFault.Ticks(fault.Fault.SliceDelay);
                fault.Hit();
            }
            else if (fault.Kind == NetFaultKind.Bandwidth)
            {
                _lineIsFree = _lineWillBeFree; // by the schedule, however late the timer was
                if (isFirst)
                {
                    fault.Hit();
                }
            }
        }
    }
}
