using System.Diagnostics;

namespace PSNetLab.Engine.Proxies;

/// <summary>When the bytes of a stream are due, by the latency of faults. Nothing is due before what came before it.</summary>
/// <remarks>
/// A delay that varies must not depend on how the bytes happen to be read. So it is drawn as if the stream came in packets: for each
/// message, which is what comes after a pause, and within a message for each block of the stream.
/// </remarks>
internal sealed class DueTimes
{
    // Who reads late may see a pause where there was none, but then the bytes before it still wait.
    private static readonly long s_pause = Stopwatch.Frequency / 1000;

    private long _message;
    private long _lastRead;
    private long _last;

    /// <summary>Call this for what was read, before asking when it is due.</summary>
    /// <param name="offset">The offset of the first byte.</param>
    /// <param name="now">When it was read, as a timestamp.</param>
    /// <param name="isAlone">Whether everything before it has been sent.</param>
    internal void Begin(long offset, long now, bool isAlone)
    {
        if (isAlone && now - _lastRead > s_pause)
        {
            _message = offset;
        }

        _lastRead = now;
    }

    /// <summary>When the bytes at an offset are due.</summary>
    /// <param name="faults">The faults of the direction.</param>
    /// <param name="offset">The offset of the first byte.</param>
    /// <param name="length">How many bytes there are.</param>
    /// <param name="now">When they were read, as a timestamp.</param>
    /// <param name="count">How many of them are due at the same time.</param>
    /// <param name="chosen">The faults whose scripts have chosen them.</param>
    internal long Next(ActiveFault[] faults, long offset, int length, long now, out int count, ActiveFault[]? chosen = null)
    {
        long end = offset + length;
        long due = At(faults, offset, now, out long until, chosen);
        while (until < end && At(faults, until, now, out long next, chosen) == due)
        {
            until = next;
        }

        count = (int)(Math.Min(until, end) - offset);
        return due;
    }

    /// <summary>When bytes at an offset are due, and up to where that is so.</summary>
    internal long At(ActiveFault[] faults, long offset, long now, out long until, ActiveFault[]? chosen = null)
    {
        long due = now;
        until = long.MaxValue;
        foreach (ActiveFault fault in faults)
        {
            if (fault.Kind != NetFaultKind.Latency || !fault.Concerns(chosen ?? []))
            {
                continue;
            }

            if (fault.BeginsAtOffset > offset)
            {
                until = Math.Min(until, fault.BeginsAtOffset);
            }
            else if (fault.IsActive(offset, now))
            {
                long block = offset - (offset % ActiveFault.BlockBytes);
                due += fault.Delay(Math.Max(block, _message));
                until = fault.Fault.Spec.JitterMs is > 0 ? Math.Min(until, block + ActiveFault.BlockBytes) : until;
            }
        }

        return _last = Math.Max(due, _last);
    }
}
