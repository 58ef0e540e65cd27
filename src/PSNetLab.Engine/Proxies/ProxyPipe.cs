using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Proxies;

/// <summary>One direction of a proxied connection: reads from one side and sends to the other.</summary>
/// <remarks>
/// Without faults, what was read is sent at once, and the sender waits while the receiver does not take it. With faults, it goes
/// through a queue, in order: the reader says when a chunk is due, and the writer sends it. Only one of the two sends at a time.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "RunAsync disposes of what it uses.")]
internal sealed partial class ProxyPipe(TcpProxySession session, NetFaultDirection direction, int limit)
{
    private readonly ReceiveBuffer _received = new();
    private readonly Readiness _room = new();
    private readonly DueTimes _due = new();

    // Also the lock, of itself and of who sends.
    private readonly Queue<Chunk> _queue = new();
    private Transport? _from;
    private Transport? _to;
    private Transport? _failing;
    private TaskCompletionSource? _idle;
    private bool _isBusy;
    private bool _isSealed;
    private bool _isEndSent;
    private volatile bool _isCut;
    private volatile bool _isHeldBack;
    private long _receivedBytes;
    private long _passed;
    private long _held;

    private enum Step
    {
        /// <summary>There is nothing left to do.</summary>
        Done,

        /// <summary>A rest is to be sent at once.</summary>
        Send,

        /// <summary>Scripts are to be asked about a chunk.</summary>
        Ask,

        /// <summary>What was read is in the queue.</summary>
        Queue,

        /// <summary>The end of the stream.</summary>
        End,
    }

    internal NetFaultDirection Direction => direction;

    /// <summary>How many bytes have been read.</summary>
    internal long Received => Volatile.Read(ref _receivedBytes);

    /// <summary>How many bytes have been sent.</summary>
    internal long Passed => Volatile.Read(ref _passed);

    /// <summary>How many bytes wait.</summary>
    internal long Held => Volatile.Read(ref _held);

    /// <summary>Whether the end of the stream has been sent.</summary>
    internal bool IsEnded => Volatile.Read(ref _isEndSent);

    /// <summary>Whether nobody reads, so that only an event tells of a reset.</summary>
    internal bool IsHeldBack => _isHeldBack;

    // Many small chunks take more memory than their bytes.
    private bool IsFull
    {
        get
        {
            lock (_queue)
            {
                return _held + ((long)_queue.Count * Chunk.Overhead) >= limit;
            }
        }
    }

    private bool HasFaults => session.Faults.Of(direction).Length > 0;

    /// <summary>Forwards until the end of the stream has been forwarded, or the session has ended.</summary>
    internal async Task RunAsync(Transport from, Transport to)
    {
        try
        {
            Start(from, to);
            await ReadAsync(from, to).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            session.Fail(error, _failing);
        }
        finally
        {
            HoldBack();
            await SealAsync().ConfigureAwait(false);
            _received.Dispose();
            _delay?.Dispose();
        }
    }

    private async Task ReadAsync(Transport from, Transport to)
    {
        while (true)
        {
            await from.WaitReadableAsync(CancellationToken.None).ConfigureAwait(false);
            Step step = Receive(from, to, out Chunk chunk);
            if (session.HasEnded)
            {
                chunk.Return();
                return;
            }

            switch (step)
            {
                case Step.Send:
                    await SendNowAsync(to, chunk).ConfigureAwait(false);
                    break;
                case Step.Ask:
                    await AskAsync(chunk).ConfigureAwait(false);
                    await WriteQueueAsync().ConfigureAwait(false);
                    break;
                case Step.Queue:
                    await WriteQueueAsync().ConfigureAwait(false);
                    break;
                case Step.End:
                    await EndAsync(to).ConfigureAwait(false);
                    return;
            }
        }
    }

    /// <summary>Reads once, and sends as much as the other side takes, if nothing speaks against it.</summary>
    private Step Receive(Transport from, Transport to, out Chunk rest)
    {
        rest = default;
        using ReceiveBuffer.Lease lease = _received.Lend();
        int count = from.TryReceive(lease.Free);
        if (count <= 0)
        {
            return count == 0 ? Step.End : Step.Done;
        }

        lease.Advance(count);
        session.Touch();
        long offset = _receivedBytes;
        Volatile.Write(ref _receivedBytes, offset + count);
        ReadOnlySpan<byte> bytes = _received.Pending;
        _received.Take(count);
        if (_isCut)
        {
            return Step.Done;
        }

        if (!TryBeginSending())
        {
            if (session.Faults.HasScripts(direction))
            {
                rest = Chunk.Of(bytes);
                return Step.Ask;
            }

            Shape(bytes, offset, []);
            return Step.Queue;
        }

        _failing = to;
        int sent = to.TrySend(bytes);
        _failing = from;
        AddPassed(sent);
        if (sent < count)
        {
            rest = Chunk.Of(bytes[sent..]);
            return Step.Send;
        }

        EndSending();
        return Step.Done;
    }

    private async ValueTask SendNowAsync(Transport to, Chunk rest)
    {
        _failing = to;
        Volatile.Write(ref _held, rest.Length);
        HoldBack();
        try
        {
            await to.SendAsync(rest.Memory, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _held, 0);
            rest.Return();
        }

        AddPassed(rest.Length);
        session.Touch();
        _failing = _from;
        _isHeldBack = false;
        EndSending();
    }

    /// <summary>Has the queue sent. While it is full, the sender waits.</summary>
    private async ValueTask WriteQueueAsync()
    {
        WriteQueue();
        while (!session.HasEnded)
        {
            _room.Clear();
            if (!IsFull || session.HasEnded)
            {
                break;
            }

            HoldBack();
            await _room.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        }

        _isHeldBack = false;
    }

    /// <summary>Asks the scripts of faults about a chunk, and puts it into the queue.</summary>
    private async ValueTask AskAsync(Chunk chunk)
    {
        HoldBack();
        try
        {
            long offset = _receivedBytes - chunk.Length;
            ProxyChunk asked = new(
                session.Faults.Number, session.Connection.Client, direction, offset, chunk.Span.ToArray());
            ActiveFault[] chosen = await session.Faults.AskAsync(asked, session.Ending).ConfigureAwait(false);
            if (!session.HasEnded)
            {
                Shape(chunk.Span, offset, chosen);
            }
        }
        finally
        {
            chunk.Return();
            _isHeldBack = false;
        }
    }

    private async ValueTask EndAsync(Transport to)
    {
        if (_isCut)
        {
            return;
        }

        if (TryBeginSending())
        {
            _failing = to;
            await to.ShutdownSendAsync(CancellationToken.None).ConfigureAwait(false);
            Volatile.Write(ref _isEndSent, true);
            EndSending();
        }
        else
        {
            long due = _due.At(session.Faults.Of(direction), _receivedBytes, Stopwatch.GetTimestamp(), out _);
            Add(new Chunk(null, 0, due));
            WriteQueue();
        }
    }

    /// <summary>Puts what was read into the queue as faults change it, in chunks with the times at which they are due.</summary>
    private void Shape(ReadOnlySpan<byte> bytes, long offset, ActiveFault[] chosen)
    {
        ActiveFault[] faults = session.Faults.Of(direction);
        long now = Stopwatch.GetTimestamp();
        _due.Begin(offset, now, isAlone: Held == 0);
        foreach (ActiveFault fault in faults)
        {
            if (fault.Kind == NetFaultKind.Latency && fault.Concerns(chosen) && fault.IsActive(offset + bytes.Length - 1, now))
            {
                fault.Hit();
            }
        }

        while (!bytes.IsEmpty)
        {
            long due = _due.Next(faults, offset, bytes.Length, now, out int count, chosen);
            Chunk chunk = Chunk.Of(bytes[..count]) with { Due = due, Chosen = chosen };
            foreach (ActiveFault fault in faults)
            {
                int skipped = (int)Math.Clamp(fault.BeginsAtOffset - offset, 0, count);
                if (fault.Kind == NetFaultKind.Corrupt && skipped < count && fault.Concerns(chosen)
                    && fault.IsActive(offset + skipped, now))
                {
                    fault.CorruptStream(chunk.Span[skipped..], offset + skipped);
                }
            }

            Add(chunk);
            bytes = bytes[count..];
            offset += count;
        }
    }

    /// <summary>Says that nobody reads for a while, and finds out what nobody would have noticed meanwhile.</summary>
    private void HoldBack()
    {
        _isHeldBack = true;
        Interlocked.MemoryBarrier();
        if (_from!.IsKnownBroken)
        {
            session.OnBroken(_from);
        }
    }

    private void AddPassed(int count) => Volatile.Write(ref _passed, _passed + count);
}
