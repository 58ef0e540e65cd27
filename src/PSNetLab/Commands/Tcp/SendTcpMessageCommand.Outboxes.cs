using System.Management.Automation;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Tcp;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <content>The outboxes: one for each connection, with the messages that wait to be sent.</content>
public sealed partial class SendTcpMessageCommand
{
    private const long MostWaitingBytes = 64 * 1024 * 1024;
    private const int SliceMilliseconds = 200;

    private readonly Dictionary<int, TcpOutbox> _outboxes = [];
    private readonly HashSet<int> _failed = [];

    private TcpOutbox Outbox(TcpConnection connection)
    {
        if (!_outboxes.TryGetValue(connection.Id, out TcpOutbox? outbox))
        {
            outbox = new TcpOutbox(connection, StopToken);
            _outboxes.Add(connection.Id, outbox);
        }

        return outbox;
    }

    /// <summary>Removes the outboxes of closed connections, so that a long pipeline does not keep those of all clients.</summary>
    private void RemoveClosed()
    {
        foreach ((int id, TcpOutbox outbox) in _outboxes)
        {
            if (outbox.Connection.IsClosed && outbox.DrainAsync() is { IsCompleted: true } drain)
            {
                End(outbox, drain);
                outbox.Dispose();
                _outboxes.Remove(id);
            }
        }
    }

    private void Add(byte[] payload, TcpOutbox outbox)
    {
        TcpConnection connection = outbox.Connection;
        try
        {
            outbox.Add(Raw ? payload : Prepare(payload, connection), Raw ? RawFraming.Instance : null);
        }
        catch (NetLabException fault)
        {
            Report(fault, connection.Remote);
            return;
        }

        if (PassThru && !_isEndedEarly)
        {
            WriteObject(connection.NewSentMessage(payload, outbox.Sequence));
        }
    }

    /// <summary>Has the script of a framing make its bytes; any other framing has no work here.</summary>
    private byte[] Prepare(byte[] payload, TcpConnection connection)
    {
        ValueTask<byte[]> preparing = connection.Frames.PrepareAsync(payload, connection.Remote, StopToken);
        if (preparing.IsCompletedSuccessfully)
        {
            return preparing.Result;
        }

        // A reply that is written meanwhile could end the pipeline before its message is sent.
        (IncomingReplies? replies, Incoming) = (Incoming, null);
        try
        {
            return Await(preparing.AsTask());
        }
        catch (ObjectDisposedException)
        {
            return payload; // the connection is closed: its outbox says so
        }
        finally
        {
            Incoming = replies;
        }
    }

    private TcpConnection[] Clients(TcpServerJob job)
    {
        TcpConnection[] chosen =
            [.. job.Connections.Where(connection => ConnectionId is null || ConnectionId.Contains(connection.Id))];
        bool wasAlone = _isAlone;
        _isAlone = chosen.Length == 0;
        if (_isAlone && !wasAlone)
        {
            Report(
                new NetLabException(FaultKind.ConnectionNotFound, $"{job.Local} has no open "
                    + $"connection{(ConnectionId is null ? string.Empty : " " + string.Join(", ", ConnectionId))} to send "
                    + "to. Get-TcpConnection -Job lists its open connections."),
                job.Local);
        }

        return chosen;
    }

    /// <summary>
    /// Sends one message to many. A client that does not read must not hold up the others, so its messages wait in its outbox while the
    /// time that it has runs; the sender waits only for the fastest, and for all when they hold too much memory.
    /// </summary>
    private void SendToAll(byte[] payload, TcpOutbox[] outboxes)
    {
        foreach (TcpOutbox outbox in outboxes)
        {
            Add(payload, outbox);
        }

        TcpOutbox[] full = Array.FindAll(outboxes, outbox => outbox.IsFull);
        if (full.Sum(outbox => (long)outbox.WaitingBytes) > MostWaitingBytes)
        {
            Drain(full);
        }
        else if (full.Length > 0 && full.Length == outboxes.Length)
        {
            Drain(full, untilOneIs: true);
        }
    }

    /// <summary>
    /// Waits until everything was handed to the system. A peer that takes nothing for -TimeoutSec is given up; a failure is reported once
    /// per connection.
    /// </summary>
    private void Drain(IReadOnlyCollection<TcpOutbox> outboxes, bool untilOneIs = false)
    {
        List<(TcpOutbox Outbox, Task Drain)> waiting = BeginDrain(outboxes);
        int enough = untilOneIs ? outboxes.Count - 1 : 0;
        using IDisposable? lent = LendTurn(waiting, enough);
        ShowWaiting(
            milliseconds => Settle(waiting, enough, milliseconds),
            $"Sending to {(outboxes.Count == 1 ? outboxes.First().Connection.Remote : $"{outboxes.Count} clients")}",
            () => $"{waiting.Sum(one => (long)one.Outbox.WaitingBytes)} bytes wait until the other side reads");
    }

    private List<(TcpOutbox Outbox, Task Drain)> BeginDrain(IEnumerable<TcpOutbox> outboxes)
    {
        List<(TcpOutbox Outbox, Task Drain)> waiting = [.. outboxes.Select(outbox => (outbox, outbox.DrainAsync()))];
        if (_from is null)
        {
            // What the rest of the pipeline did before is not the peer's fault.
            waiting.ForEach(one => one.Outbox.NoteProgress());
        }

        if (_isEndedEarly && waiting.Exists(one => !one.Drain.IsCompleted))
        {
            _session?.ReadOn(keeps: _own is null);
        }

        return waiting;
    }

    /// <summary>If a script waits here, and that takes a moment, others may run until the result is disposed of.</summary>
    private IDisposable? LendTurn(List<(TcpOutbox Outbox, Task Drain)> waiting, int enough)
        => PeerWait.Current is { } script && !Settle(waiting, enough, PeerWait.PatienceMilliseconds)
            ? script.TryStepAside(_only is null ? _ => { } : _only.Connection.GiveUp)
            : null;

    /// <summary>Waits for a time, and removes what was sent or given up; true when only <paramref name="enough"/> are left.</summary>
    private bool Settle(List<(TcpOutbox Outbox, Task Drain)> waiting, int enough, int milliseconds)
    {
        TimeSpan limit = Span(TimeoutSec);
        TimeSpan Left(TcpOutbox outbox) => limit == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : limit - outbox.Stalled;
        long end = Environment.TickCount64 + milliseconds;
        while (true)
        {
            waiting.RemoveAll(one => (one.Drain.IsCompleted || Left(one.Outbox) <= TimeSpan.Zero) && End(one.Outbox, one.Drain));
            TimeSpan left = TimeSpan.FromMilliseconds(end - Environment.TickCount64);
            if (waiting.Count <= enough || left <= TimeSpan.Zero)
            {
                return waiting.Count <= enough;
            }

            if (Stopping)
            {
                // PowerShell does not call StopProcessing once a pipeline has ended early.
                throw new PipelineStoppedException();
            }

            Task[] drains = [.. waiting.Select(one => one.Drain)];
            int replies = Incoming?.Written ?? 0;
            TimeSpan next = waiting.Min(one => Left(one.Outbox));
            left = TimeSpan.FromMilliseconds(Math.Min(left.TotalMilliseconds, SliceMilliseconds));
            next = TimeSpan.FromTicks(Math.Clamp(next.Ticks, 0, left.Ticks)); // It may have run out just now.
            Await(enough == 0 ? EndAsync(drains) : Task.WhenAny(drains), next);
            if (Incoming?.Written > replies)
            {
                waiting.ForEach(one => one.Outbox.NoteProgress());
            }
        }
    }

    /// <summary>Completes when all tasks are done, however they end.</summary>
    private static async Task EndAsync(Task[] tasks)
    {
        foreach (Task task in tasks)
        {
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private bool End(TcpOutbox outbox, Task drain)
    {
        if (EndDrain(outbox, drain) is { } fault && _failed.Add(outbox.Connection.Id))
        {
            _void |= outbox == _only;
            if (!_isSilent)
            {
                Report(fault, outbox.Connection.Remote.ToString());
            }
        }

        return true;
    }

    private NetLabException? EndDrain(TcpOutbox outbox, Task drain)
    {
        if (!drain.IsCompleted)
        {
            outbox.GiveUp();
            return new NetLabException(FaultKind.SendTimeout, $"{outbox.Connection.Remote} did not accept the "
                + $"messages within {TimeText.Seconds(TimeoutSec)}. {WhyNotTaken(outbox.Connection)} If a message was partly sent, the "
                + "connection was reset.");
        }

        try
        {
            drain.GetAwaiter().GetResult();
        }
        catch (NetLabException fault)
        {
            return fault;
        }
        catch (OperationCanceledException)
        {
            // This connection was already given up, with an error.
        }

        return null;
    }

    private string WhyNotTaken(TcpConnection connection) => connection switch
    {
        { IsHeldBack: true } when _from?.Options.Handler is null => "It may itself be waiting to send: "
            + "the server has stopped reading, because -BufferLimit messages are waiting in it. "
            + "Receive them (Receive-TcpMessage -Job), or start the server with -WhenFull Drop.",
        _ when _own is null && _from is null => "Its receive buffer is full: it is not reading, or it is waiting for its own "
            + "messages to be read here. Make it read, receive its messages at the same time (Receive-TcpMessage "
            + "-Connection), or raise -TimeoutSec.",
        _ => "Its receive buffer is full: it is not reading. Make the peer read, or raise -TimeoutSec.",
    };
}
