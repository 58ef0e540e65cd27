using System.Diagnostics;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Proxies;

/// <content>Those that wait: in line, for others to pass them, and for their time.</content>
internal sealed partial class DatagramPipe
{
    private void Enqueue(Chunk chunk)
    {
        _lastDue = Math.Max(_lastDue, chunk.Due);
        _queue.Enqueue(chunk with { Due = _lastDue });
    }

    /// <summary>Counts that another one has passed those that wait for it, and lets those go that have waited for enough.</summary>
    private void LetPass()
    {
        for (int i = 0; i < _passed.Count; i++)
        {
            Passed one = _passed[i];
            if (++one.By >= one.Fault.Fault.ReorderGap)
            {
                Release(i--);
            }
        }
    }

    private void Release(int index)
    {
        Passed one = _passed[index];
        _passed.RemoveAt(index);
        if (one.By > 0)
        {
            one.Fault.Hit();
        }

        Enqueue(one.Chunk);
    }

    /// <summary>Sees to it that what waits is sent in time. Under the lock.</summary>
    private void Run()
    {
        if (!_isRunning && !_isDisposed)
        {
            _isRunning = true;
            _delay ??= new PreciseDelay();
            _ = RunAsync(_delay);
        }
        else
        {
            _delay?.Wake(); // what is due next may have changed
        }
    }

    private async Task RunAsync(PreciseDelay delay)
    {
        try
        {
            while (true)
            {
                delay.Clear();
                long next = SendDue();
                if (next == PreciseDelay.Never)
                {
                    return;
                }

                await delay.UntilAsync(next).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            session.OnError(error);
            lock (_queue)
            {
                _isRunning = false;
            }
        }
    }

    /// <summary>Sends what is due, and returns when the next is; if there is none, nobody waits any more.</summary>
    private long SendDue()
    {
        lock (_queue)
        {
            long now = Stopwatch.GetTimestamp();
            while (_passed.Count > 0 && _passed[0].Deadline <= now)
            {
                Release(0);
            }

            while (_queue.TryPeek(out Chunk chunk) && chunk.Due <= now)
            {
                _queue.Dequeue();
                _held -= chunk.Length + Chunk.Overhead;
                Send(chunk.Span);
                chunk.Return();
            }

            long next = _queue.TryPeek(out Chunk first) ? first.Due : PreciseDelay.Never;
            next = _passed.Count > 0 ? Math.Min(next, _passed[0].Deadline) : next;
            if (next == PreciseDelay.Never)
            {
                _isRunning = false;
            }

            return next;
        }
    }

    private void Send(ReadOnlySpan<byte> data)
    {
        if (send(data))
        {
            Interlocked.Increment(ref _sent);
            Interlocked.Add(ref _sentBytes, data.Length);
        }
        else
        {
            Interlocked.Increment(ref _unsent);
        }
    }

    /// <summary>A datagram that others are to pass.</summary>
    private sealed class Passed(Chunk chunk, ActiveFault fault, long deadline)
    {
        internal Chunk Chunk => chunk;

        internal ActiveFault Fault => fault;

        internal long Deadline => deadline;

        /// <summary>How many have passed it.</summary>
        internal int By { get; set; }
    }
}
