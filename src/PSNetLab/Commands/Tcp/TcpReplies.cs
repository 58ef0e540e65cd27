using PSNetLab.Engine.Messages;

namespace PSNetLab.Commands;

/// <summary>Reads the replies on a connection while messages are still being sent over it: a peer whose replies nobody reads stops reading, too.</summary>
internal sealed class TcpReplies
{
    private const int MostWaiting = 1024;

    private readonly Mailbox<TcpMessage> _mailbox = new(MostWaiting, WhenFull.Wait);
    private readonly TcpConnection _connection;
    private readonly int _count;
    private readonly CancellationToken _stopping;
    private NetLabException? _fault;
    private int _written;

    /// <param name="connection">Where they come from.</param>
    /// <param name="count">How many to read; 0 for all until the peer closes.</param>
    /// <param name="stopping">Cancelled when the pipeline is being stopped.</param>
    internal TcpReplies(TcpConnection connection, int count, CancellationToken stopping)
    {
        _connection = connection;
        _count = count;
        _stopping = stopping;
        _ = ReadAsync();
    }

    /// <summary>Writes the replies that are there.</summary>
    internal void WriteAvailable(SendTcpMessageCommand cmdlet)
    {
        TcpMessage? reply = null;
        while (_mailbox.Take(new Span<TcpMessage>(ref reply!)) > 0)
        {
            _written++;
            cmdlet.WriteObject(reply);
        }
    }

    /// <summary>Writes the replies until all have come, the peer has closed or the time is over.</summary>
    internal void WriteRest(SendTcpMessageCommand cmdlet, TimeSpan timeout, string target)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping);
        limit.CancelAfter(timeout);
        try
        {
            do
            {
                WriteAvailable(cmdlet);
                cmdlet.Await(_mailbox.WaitForDataAsync(limit.Token));
            }
            while (_mailbox.Count > 0 || !_mailbox.IsCompleted);
        }
        catch (OperationCanceledException)
        {
            WriteAvailable(cmdlet);
            if (_count > 0 || _written == 0)
            {
                cmdlet.WriteError(Errors.Record(FaultKind.ReceiveTimeout, $"{(_count == 0 ? "No reply" : $"{_written} of {_count} replies")} came from {target} within {timeout.TotalSeconds} s. Check that the server answers, and that both sides use the same -Framing, or raise -TimeoutSec.", target));
            }

            return;
        }

        if (_fault is not null)
        {
            cmdlet.WriteError(Errors.Record(_fault, target));
        }
        else if (_written < _count)
        {
            cmdlet.WriteError(Errors.Record(FaultKind.ConnectionClosed, $"{target} closed the connection after {_written} of {_count} replies. Ask for fewer with -Count, or look at what the server does.", target));
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            int read = 0;
            while ((_count == 0 || read < _count) && await _connection.ReceiveAsync(_stopping).ConfigureAwait(false) is { } reply)
            {
                read++;
                await _mailbox.AddAsync(reply).ConfigureAwait(false);
            }
        }
        catch (NetLabException fault)
        {
            _fault = fault;
        }
        catch (OperationCanceledException)
        {
            // The pipeline is being stopped: nobody waits for replies any more.
        }
        finally
        {
            _mailbox.Complete();
        }
    }
}
