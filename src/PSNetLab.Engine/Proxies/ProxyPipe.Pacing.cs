using System.Diagnostics;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Proxies;

/// <content>When what waits is sent, and how much of it at once, as the faults say.</content>
internal sealed partial class ProxyPipe
{
    // A limited bandwidth is kept in pieces of a hundredth of a second. What a late timer cost is made up for, but no more.
    private const int PiecesPerSecond = 100;
    private static readonly long s_mostMadeUp = Stopwatch.Frequency / 50;

    private long _lineIsFree;
    private long _lineWillBeFree;
    private long _nextSlice;

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
