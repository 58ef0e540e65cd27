using PSNetLab.Engine.Messages;

namespace PSNetLab.Commands;

/// <summary>Writes the answers to datagrams as they come, from the pipeline thread.</summary>
internal sealed class UdpReplies(NetCmdlet cmdlet, Mailbox<UdpMessage> mailbox, int count)
{
    /// <summary>How many were written.</summary>
    internal int Written { get; private set; }

    private bool IsComplete => count > 0 && Written >= count;

    /// <summary>Writes the answers that are there.</summary>
    internal void WriteAvailable()
    {
        UdpMessage? reply = null;
        while (!IsComplete && mailbox.Take(new Span<UdpMessage>(ref reply!)) > 0)
        {
            Written++;
            cmdlet.WriteObject(reply);
        }
    }

    /// <summary>Writes answers until all have come, none will any more, or the time is over; false in the last two cases.</summary>
    internal bool WriteUntil(TimeSpan timeout, CancellationToken stopping)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(timeout);
        try
        {
            while (true)
            {
                WriteAvailable();
                if (IsComplete)
                {
                    return true;
                }

                if (mailbox.IsCompleted && mailbox.Count == 0)
                {
                    return false;
                }

                cmdlet.Await(mailbox.WaitForDataAsync(limit.Token));
            }
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
