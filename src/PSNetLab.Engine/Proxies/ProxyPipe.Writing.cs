using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Proxies;

/// <content>The queue, and who empties it.</content>
internal sealed partial class ProxyPipe
{
    private PreciseDelay? _delay;
    private bool _isReaderSending;

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
}
