using System.Diagnostics;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Proxies;

/// <content>Those that wait: in line, for others to pass them, and for their time.</content>
internal sealed partial class DatagramPipe
{
    private const int SentPerLook = 64;

    // When a turn is over, so much time is for the other sockets of the loop.
    private static readonly long s_others = ActiveFault.Ticks(0.1);

    private void Enqueue(Chunk chunk)
    {
        _lastDue = Math.Max(_lastDue, chunk.Due);
        _queue.Enqueue(chunk with { Due = _lastDue });
    }

    /// <summary>Holds a datagram until others have passed it.</summary>
    private void Hold(Chunk chunk, ActiveFault fault, long deadline)
    {
        if (!_passed.TryGetValue(fault, out Queue<Passed>? line))
        {
            _passed.Add(fault, line = new Queue<Passed>());
        }

        line.Enqueue(new Passed(chunk, _passes, deadline));
    }

    /// <summary>Counts that another one has passed those that wait for it, and lets those go that have waited for enough.</summary>
    private void LetPass()
    {
        _passes++;
        foreach ((ActiveFault fault, Queue<Passed> line) in _passed)
        {
            while (line.TryPeek(out Passed first) && _passes - first.Since >= fault.Fault.ReorderGap)
            {
                Release(fault, line);
            }
        }
    }

    /// <summary>Lets those go that have waited for too long, and returns when the next one has.</summary>
    private long LetGo(long now)
    {
        long next = PreciseDelay.Never;
        foreach ((ActiveFault fault, Queue<Passed> line) in _passed)
        {
            while (line.TryPeek(out Passed first))
            {
                if (first.Deadline > now)
                {
                    next = Math.Min(next, first.Deadline);
                    break;
                }

                Release(fault, line);
            }
        }

        return next;
    }

    /// <summary>Lets the first one go that waits because of a fault.</summary>
    private void Release(ActiveFault fault, Queue<Passed> line)
    {
        Passed one = line.Dequeue();
        if (line.Count == 0)
        {
            _passed.Remove(fault); // which does not disturb who goes through them
        }

        if (_passes > one.Since)
        {
            fault.Hit();
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

    /// <summary>Sends what is due, for a turn, and returns when to go on; if nothing is left, nobody waits any more.</summary>
    private long SendDue()
    {
        lock (_queue)
        {
            long now = Stopwatch.GetTimestamp();
            long next = LetGo(now);
            for (int sent = 1; _queue.TryPeek(out Chunk chunk) && chunk.Due <= now; sent++)
            {
                if (sent % SentPerLook == 0 && LoopThread.IsTurnOver)
                {
                    return Stopwatch.GetTimestamp() + s_others;
                }

                _queue.Dequeue();
                _held -= chunk.Length + Chunk.Overhead;
                Send(chunk.Span);
                chunk.Return();
            }

            next = _queue.TryPeek(out Chunk first) ? Math.Min(next, first.Due) : next;
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
    /// <param name="Chunk">The datagram.</param>
    /// <param name="Since">How many have passed others before it came.</param>
    /// <param name="Deadline">When it goes on in any case.</param>
    private readonly record struct Passed(Chunk Chunk, long Since, long Deadline);
}
