using System.Management.Automation;
using PSNetLab.Engine;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Receives messages from a connection, or takes those a server has received.</summary>
[Cmdlet(VerbsCommunications.Receive, "TcpMessage", DefaultParameterSetName = ConnectionSet)]
[OutputType(typeof(TcpMessage))]
public sealed class ReceiveTcpMessageCommand : NetCmdlet
{
    private const string ConnectionSet = "Connection";
    private const string JobSet = "Job";
    private const int BatchSize = 256;

    /// <summary>The connection to receive from.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ConnectionSet)]
    public TcpConnection? Connection { get; set; }

    /// <summary>The server whose messages to take.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = JobSet)]
    public TcpServerJob? Job { get; set; }

    /// <summary>How many messages to wait for. Default: 0, all until the peer has closed or the server has stopped.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int Count { get; set; }

    /// <summary>How many seconds to wait at most. With -Count, it is an error when fewer messages have come by then. Default: 0, no limit.</summary>
    [Parameter]
    [ValidateRange(0, 86400 * 20)]
    public double TimeoutSec { get; set; }

    private int _received;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        object target = (object?)Job?.LocalEndPoint ?? Connection!.RemoteEndPoint;
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(StopToken);
        limit.CancelAfter(Span(TimeoutSec));
        _received = 0;
        try
        {
            if (Job is null)
            {
                ReceiveFrom(Connection!, limit.Token);
            }
            else
            {
                TakeFrom(Job, limit.Token);
            }

            if (_received < Count)
            {
                Report(Ended(target), target);
            }
        }
        catch (NetLabException fault)
        {
            Report(fault, target);
        }
        catch (OperationCanceledException) when (!StopToken.IsCancellationRequested)
        {
            if (Count > 0)
            {
                Report(TimedOut(target), target);
            }
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
    }

    private bool WantsMore => Count == 0 || _received < Count;

    private void ReceiveFrom(TcpConnection connection, CancellationToken cancellationToken)
    {
        while (WantsMore && connection.ReceiveAsync(cancellationToken).AsTask().GetAwaiter().GetResult() is { } message)
        {
            _received++;
            WriteObject(message);
        }
    }

    private void TakeFrom(TcpServerJob job, CancellationToken cancellationToken)
    {
        object[] batch = new object[BatchSize];
        job.AttachReceiver();
        try
        {
            while (WantsMore)
            {
                int taken = job.Take(batch.AsSpan(0, Count == 0 ? BatchSize : Math.Min(BatchSize, Count - _received)));
                if (taken > 0)
                {
                    WriteAll(job, batch.AsSpan(0, taken));
                }
                else if (job.IsDrained)
                {
                    return;
                }
                else
                {
                    job.WaitForDataAsync(cancellationToken).GetAwaiter().GetResult();
                }
            }
        }
        finally
        {
            job.DetachReceiver();
        }
    }

    private void WriteAll(TcpServerJob job, Span<object> messages)
    {
        int written = 0;
        try
        {
            while (written < messages.Length)
            {
                _received++;
                WriteObject(messages[written++]);
            }
        }
        finally
        {
            // When the pipeline ends in the middle, as with Select-Object -First, the rest stays for the next to ask.
            job.PutBack(messages[written..]);
        }
    }

    private NetLabException Ended(object target) => new(FaultKind.ConnectionClosed, Job is null
        ? $"{target} closed the connection after {_received} of {Count} messages. Ask for fewer with -Count, or look at what the peer does."
        : $"The server on {target} was stopped after {_received} of {Count} messages. Start it again, or ask for fewer with -Count.");

    private NetLabException TimedOut(object target) => new(
        FaultKind.ReceiveTimeout,
        $"{_received} of {Count} messages came {(Job is null ? "from" : "to")} {target} within {TimeoutSec} s. Check that the sender runs and that both sides use the same -Framing, or raise -TimeoutSec.");
}
