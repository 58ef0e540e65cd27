using System.Management.Automation;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Commands;

/// <content>The end of a pipeline that does not want all that there is, as with Select-Object -First.</content>
public sealed partial class SendTcpMessageCommand
{
    private bool _isEndedEarly;
    private bool _isSilent;

    /// <inheritdoc/>
    private protected override void Dispose(bool disposing)
    {
        if (!_isEndedEarly && !Stopping)
        {
            EndSilently();
        }

        foreach (TcpOutbox outbox in _outboxes.Values)
        {
            outbox.Dispose();
        }

        _own?.Dispose();
        if (_session is not null)
        {
            Leave(_session);
        }

        base.Dispose(disposing);
    }

    /// <summary>Still sends what was taken up, although nobody takes the output any more. The replies are left to others.</summary>
    private void EndEarly()
    {
        _isEndedEarly = true;
        Incoming = null;
        SendRest();
        Drain(_outboxes.Values);
    }

    /// <summary>The same where nothing can be said any more: a command before this one has failed.</summary>
    private void EndSilently()
    {
        _isEndedEarly = _isSilent = true;
        Incoming = null;
        List<(TcpOutbox Outbox, Task Drain)> waiting = BeginDrain(_outboxes.Values.Where(outbox => HasNotFailed(outbox.Connection)));
        try
        {
            while (!Settle(waiting, enough: 0, SliceMilliseconds))
            {
            }
        }
        catch (PipelineStoppedException)
        {
            // What is left is not sent.
        }
    }
}
