using PSNetLab.Engine.Tcp;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <content>The outboxes: one for each connection, with the messages that wait to be sent.</content>
public sealed partial class SendTcpMessageCommand
{
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

    private void Add(byte[] payload, TcpOutbox outbox)
    {
        TcpConnection connection = outbox.Connection;
        try
        {
            outbox.Add(payload);
        }
        catch (NetLabException fault)
        {
            Report(fault, connection.Remote);
            return;
        }

        if (PassThru)
        {
            WriteObject(connection.NewSentMessage(payload, outbox.Sequence));
        }
    }

    private TcpConnection[] Clients(TcpServerJob job)
    {
        TcpConnection[] open = job.Connections;
        TcpConnection[] chosen = ConnectionId is null ? open : Array.FindAll(open, connection => ConnectionId.Contains(connection.Id));
        if (chosen.Length == 0)
        {
            _void = true;
            Report(
                new NetLabException(FaultKind.ConnectionNotFound, $"{job.Local} has no open "
                    + $"connection{(ConnectionId is null ? string.Empty : " " + string.Join(", ", ConnectionId))} to send "
                    + "to. Get-TcpConnection -Job lists its open connections."),
                job.Local);
        }

        return chosen;
    }

    /// <summary>Waits until everything was handed to the system; a failure is reported once per connection.</summary>
    private void Drain(IReadOnlyCollection<TcpOutbox> outboxes)
    {
        (TcpOutbox Outbox, Task Drain)[] drains = [.. outboxes.Select(outbox => (outbox, outbox.DrainAsync()))];
        Await(EndAsync(Array.ConvertAll(drains, one => one.Drain)), Span(TimeoutSec));
        foreach ((TcpOutbox outbox, Task drain) in drains)
        {
            if (EndDrain(outbox, drain) is { } fault && _failed.Add(outbox.Connection.Id))
            {
                _void = Job is null;
                Report(fault, outbox.Connection.Remote.ToString());
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

    private NetLabException? EndDrain(TcpOutbox outbox, Task drain)
    {
        if (!drain.IsCompleted)
        {
            outbox.GiveUp();
            return new NetLabException(FaultKind.SendTimeout, $"{outbox.Connection.Remote} did not accept the "
                + $"messages within {TimeoutSec} s. {WhyNotTaken(outbox.Connection)} If a message was partly sent, the "
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
        { IsHeldBack: true } when Job?.Options.Handler is null => "It may itself be waiting to send: "
            + "the server has stopped reading, because -BufferLimit messages are waiting in it. "
            + "Receive them (Receive-TcpMessage -Job), or start the server with -WhenFull Drop.",
        _ when Connection is not null => "Its receive buffer is full: it is not reading, or it is waiting for its own "
            + "messages to be read here. Make it read, receive its messages at the same time (Receive-TcpMessage "
            + "-Connection), or raise -TimeoutSec.",
        _ => "Its receive buffer is full: it is not reading. Make the peer read, or raise -TimeoutSec.",
    };
}
