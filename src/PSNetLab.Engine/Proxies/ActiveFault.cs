using System.Diagnostics;

namespace PSNetLab.Engine.Proxies;

/// <summary>A fault that hits a connection, in one direction.</summary>
/// <param name="fault">The fault, with its settings of now.</param>
/// <param name="draws">Its random numbers.</param>
/// <param name="fromOffset">How many bytes had come in this direction when it came to the connection.</param>
/// <param name="fromTime">When it came to the connection.</param>
/// <param name="onFirstHit">Called when it acts for the first time.</param>
internal sealed class ActiveFault(NetFault fault, Draws draws, long fromOffset, long fromTime, Action<ActiveFault> onFirstHit)
{
    /// <summary>A bit of a block of a stream is flipped, or not.</summary>
    internal const int BlockBytes = 1024;

    private const long Never = long.MaxValue;

    private volatile NetFault _fault = fault;
    private long _reached = Never;
    private bool _hasHit;
    private bool _isBad;
    private int _isOver;

    /// <summary>The fault, with its settings of now.</summary>
    internal NetFault Fault
    {
        get => _fault;
        set
        {
            bool isMoved = value.AfterBytes != _fault.AfterBytes;
            _fault = value;
            if (isMoved)
            {
                Volatile.Write(ref _reached, Never);
            }
        }
    }

    internal NetFaultKind Kind => _fault.Kind;

    internal Draws Draws => draws;

    /// <summary>The offset at which it begins, as far as that is decided by bytes.</summary>
    internal long BeginsAtOffset => _fault.AfterBytes is > 0 and { } bytes ? fromOffset + Math.Min(bytes, long.MaxValue - fromOffset) : 0;

    /// <summary>When it begins, as a timestamp.</summary>
    internal long BeginsAt => _fault.Spec.AfterSec is > 0 and { } seconds ? fromTime + Ticks(seconds * 1000) : 0;

    /// <summary>When it ends, as a timestamp. What begins by bytes has its time from the first one that it is about.</summary>
    internal long EndsAt
    {
        get
        {
            NetFault fault = _fault;
            long reached = fault.AfterBytes is > 0 ? Volatile.Read(ref _reached) : fromTime;
            return fault.Spec.ForSec is { } seconds && reached != Never ? Math.Max(reached, BeginsAt) + Ticks(seconds * 1000) : Never;
        }
    }

    /// <summary>The script that says which chunks it is about; null for all.</summary>
    internal object? Script => _fault.Spec.Script;

    /// <summary>Whether it is about a chunk.</summary>
    /// <param name="chosen">The faults whose scripts have chosen the chunk.</param>
    internal bool Concerns(ActiveFault[] chosen) => Script is null || Array.IndexOf(chosen, this) >= 0;

    /// <summary>Whether it acts on what is at an offset, and is about to be read or sent: its time may begin with that.</summary>
    internal bool IsActive(long offset, long now)
    {
        long begins = BeginsAtOffset;
        if (offset < begins || Volatile.Read(ref _isOver) != 0)
        {
            return false;
        }

        if (begins > 0 && Volatile.Read(ref _reached) == Never)
        {
            _ = Interlocked.CompareExchange(ref _reached, now, Never);
        }

        return now >= BeginsAt && now < EndsAt;
    }

    /// <summary>Whether it ends a connection or direction, at one moment.</summary>
    internal bool IsEvent => Kind is NetFaultKind.Reset or NetFaultKind.Close or NetFaultKind.HalfClose;

    /// <summary>Call this before it ends something, which it does once.</summary>
    internal bool TryUse() => Interlocked.Exchange(ref _isOver, 1) == 0;

    /// <summary>Counts that it acted.</summary>
    internal void Hit()
    {
        _fault.Hit();
        if (!_hasHit)
        {
            _hasHit = true;
            onFirstHit(this);
        }
    }

    /// <summary>Counts that it acts, for what goes on without an end.</summary>
    internal void HitOnce()
    {
        if (!_hasHit)
        {
            Hit();
        }
    }

    /// <summary>How long the chunk or datagram at a position is delayed, in ticks of Stopwatch.</summary>
    internal long Delay(long position)
    {
        NetFaultSpec spec = _fault.Spec;
        double milliseconds = spec.LatencyMs ?? 0;
        if (spec.JitterMs is > 0 and { } jitter)
        {
            double one = draws.Next(position);
            milliseconds += jitter * (spec.Distribution switch
            {
                // Box and Muller; and a tail with the exponent 3, of which the mean is half the jitter.
                JitterDistribution.Normal => Math.Sqrt(-2 * Math.Log(1 - one)) * Math.Cos(2 * Math.PI * draws.Next(position, 1)),
                JitterDistribution.Pareto => Math.Pow(1 - one, -1.0 / 3) - 1,
                _ => (2 * one) - 1,
            });
        }

        return Ticks(Math.Clamp(milliseconds, 0, NetFaultSpec.MostSeconds * 1000));
    }

    /// <summary>
    /// Whether a datagram is lost, in the model of Gilbert and Elliott: the network is good or bad, and a bad one loses everything.
    /// Asked once for each datagram, in order.
    /// </summary>
    internal bool IsLost(long number)
    {
        double share = _fault.Spec.LossPercent!.Value / 100;
        if (_fault.Spec.Burst is not { } burst || share is 0)
        {
            return draws.Next(number) < share;
        }

        // How likely a bad network becomes good, and a good one bad, so that the share is kept.
        double recovers = Math.Min(1 / burst, (1 - share) / share);
        double fails = recovers * share / (1 - share);
        return _isBad = draws.Next(number) < (_isBad ? 1 - recovers : fails);
    }

    /// <summary>Flips one bit of some blocks of a stream, of which these bytes are a part.</summary>
    internal void CorruptStream(Span<byte> bytes, long offset)
    {
        double chance = _fault.Spec.CorruptPercent!.Value / 100;
        for (long block = offset / BlockBytes; block * BlockBytes < offset + bytes.Length; block++)
        {
            if (draws.Next(block) < chance)
            {
                int bit = draws.Next(block, 1, BlockBytes * 8);
                long at = (block * BlockBytes) + (bit / 8) - offset;
                if (at >= 0 && at < bytes.Length)
                {
                    bytes[(int)at] ^= (byte)(1 << (bit % 8));
                    Hit();
                }
            }
        }
    }

    internal static long Ticks(double milliseconds) => (long)(milliseconds * Stopwatch.Frequency / 1000);
}
