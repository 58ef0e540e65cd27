using System.Diagnostics;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Proxies;

/// <summary>Sends a datagram on.</summary>
/// <returns>False if the system has no room for it.</returns>
internal delegate bool DatagramSender(ReadOnlySpan<byte> data);

/// <summary>One direction of a session through a UDP proxy: what becomes of each datagram, and when.</summary>
/// <remarks>
/// Each random decision is made for the number of a datagram in its direction, so the same seed loses the same datagrams.
/// </remarks>
internal sealed partial class DatagramPipe(
    UdpProxySession session, NetFaultDirection direction, int limit, DatagramSender send) : IDisposable
{
    // How long a datagram waits for those that are to pass it.
    private static readonly long s_patience = ActiveFault.Ticks(100);

    // Also the lock.
    private readonly Queue<Chunk> _queue = new();

    // By the fault that holds them: all of one line wait for the same number of others, so the first is the first to go.
    private readonly Dictionary<ActiveFault, Queue<Passed>> _passed = [];
    private long _passes;
    private PreciseDelay? _delay;
    private bool _isRunning;
    private bool _isDisposed;
    private long _lastDue;
    private long _lineIsFree;
    private long _receivedBytes;
    private long _received;
    private long _sent;
    private long _sentBytes;
    private long _overflowed;
    private long _unsent;
    private long _discarded;
    private long _held;

    /// <summary>Datagrams that came.</summary>
    internal long Received => Volatile.Read(ref _received);

    internal long ReceivedBytes => Volatile.Read(ref _receivedBytes);

    /// <summary>Datagrams that were sent on.</summary>
    internal long Sent => Interlocked.Read(ref _sent);

    internal long BytesSent => Interlocked.Read(ref _sentBytes);

    /// <summary>Datagrams for which there was no room in the queue.</summary>
    internal long Overflowed => Interlocked.Read(ref _overflowed);

    /// <summary>Datagrams that the system did not take.</summary>
    internal long Unsent => Interlocked.Read(ref _unsent);

    /// <summary>Datagrams that waited when the session ended, and those that came just then.</summary>
    internal long Discarded => Interlocked.Read(ref _discarded);

    /// <summary>Whether datagrams wait.</summary>
    internal bool IsHolding
    {
        get
        {
            lock (_queue)
            {
                return Waiting > 0;
            }
        }
    }

    // Under the lock.
    private int Waiting => _queue.Count + _passed.Values.Sum(line => line.Count) + _unasked.Count;

    /// <summary>Called by the one who reads this direction.</summary>
    internal void OnDatagram(ReadOnlySpan<byte> data)
    {
        long number = _received;
        long offset = _receivedBytes;
        Volatile.Write(ref _received, number + 1);
        Volatile.Write(ref _receivedBytes, offset + data.Length);
        ActiveFault[] faults = session.Faults.Of(direction);
        lock (_queue)
        {
            if (_isDisposed)
            {
                Interlocked.Increment(ref _discarded);
                return;
            }

            if (!TryAsk(data, number, offset))
            {
                Pass(data, faults, number, offset, []);
            }
        }
    }

    /// <summary>Drops what waits, and counts it.</summary>
    public void Dispose()
    {
        lock (_queue)
        {
            _isDisposed = true;
            Interlocked.Add(ref _discarded, Waiting);
            _unasked.Clear();
            while (_queue.TryDequeue(out Chunk chunk))
            {
                chunk.Return();
            }

            foreach (Passed one in _passed.Values.SelectMany(line => line))
            {
                one.Chunk.Return();
            }

            _passed.Clear();
            _held = 0;
            _delay?.Wake();
            _delay?.Dispose();
        }
    }

    /// <summary>Sends a datagram at once, if nothing speaks against it. Under the lock.</summary>
    private void Pass(ReadOnlySpan<byte> data, ActiveFault[] faults, long number, long offset, ActiveFault[] chosen)
    {
        if (faults.Length == 0 && _queue.Count == 0 && _passed.Count == 0 && !_isRunning)
        {
            Send(data);
        }
        else
        {
            Treat(data, faults, number, offset, chosen);
        }
    }

    /// <summary>Does to a datagram what the faults say. Under the lock.</summary>
    private void Treat(ReadOnlySpan<byte> data, ActiveFault[] faults, long number, long offset, ActiveFault[] chosen)
    {
        long now = Stopwatch.GetTimestamp();
        long due = now;
        long rate = long.MaxValue;
        bool isLost = false;
        ActiveFault? twice = null;
        ActiveFault? corrupt = null;
        ActiveFault? reorder = null;
        foreach (ActiveFault fault in faults)
        {
            if (!fault.Concerns(chosen) || !fault.IsActive(offset, now))
            {
                continue;
            }

            switch (fault.Kind)
            {
                // The first that loses it counts it; the others keep their own account of the network.
                case NetFaultKind.Stall:
                case NetFaultKind.Loss when fault.IsLost(number):
                    if (!isLost)
                    {
                        fault.Hit();
                    }

                    isLost = true;
                    break;
                case NetFaultKind.Latency:
                    due += fault.Delay(number);
                    break;
                case NetFaultKind.Bandwidth:
                    rate = Math.Min(rate, fault.Fault.BytesPerSecond!.Value);
                    break;
                case NetFaultKind.Duplicate when fault.Draws.Next(number) * 100 < fault.Fault.Spec.DuplicatePercent:
                    twice = fault;
                    break;
                case NetFaultKind.Corrupt when data.Length > 0 && fault.Draws.Next(number) * 100 < fault.Fault.Spec.CorruptPercent:
                    corrupt = fault;
                    break;
                case NetFaultKind.Reorder when fault.Draws.Next(number) * 100 < fault.Fault.Spec.ReorderPercent:
                    reorder = fault;
                    break;
            }
        }

        if (isLost)
        {
            return;
        }

        int copies = twice is null ? 1 : 2;
        if (_held + ((long)copies * (data.Length + Chunk.Overhead)) > limit)
        {
            Interlocked.Increment(ref _overflowed);
            return;
        }

        foreach (ActiveFault fault in faults)
        {
            if (fault.Kind is NetFaultKind.Latency or NetFaultKind.Bandwidth && fault.Concerns(chosen) && fault.IsActive(offset, now))
            {
                fault.Hit();
            }
        }

        twice?.Hit();
        if (rate != long.MaxValue)
        {
            due = _lineIsFree = Math.Max(_lineIsFree, due) + (long)((double)data.Length * copies / rate * Stopwatch.Frequency);
        }

        for (int i = 0; i < copies; i++)
        {
            Chunk chunk = Chunk.Of(data) with { Due = due };
            if (corrupt is not null)
            {
                int bit = corrupt.Draws.Next(number, 1, data.Length * 8);
                chunk.Span[bit / 8] ^= (byte)(1 << (bit % 8));
            }

            _held += chunk.Length + Chunk.Overhead;
            if (reorder is not null)
            {
                Hold(chunk, reorder, now + s_patience);
            }
            else
            {
                Enqueue(chunk);
            }
        }

        corrupt?.Hit();
        if (reorder is null)
        {
            LetPass();
        }

        Run();
    }
}
