using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Engine.Primitives;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>A cmdlet that emits messages as they arrive: a number of them, for a time, or until the end.</summary>
public abstract class ReceiveCmdlet : NetCmdlet
{
    private const int BatchSize = 256;

    private int _received;

    /// <summary>How many messages to wait for. Default: 0, all until the end.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    [NoFiles]
    public int Count { get; set; }

    /// <summary>
    /// How many seconds to wait at most; 0 takes what is there. With -Count, it is an error if fewer messages arrive by then. Default: no
    /// limit.
    /// </summary>
    [Parameter]
    [ValidateRange(0, MostSeconds)]
    [NoFiles]
    public double TimeoutSec { get; set; } = double.PositiveInfinity;

    /// <summary>The advice for a time limit that was reached: what to check.</summary>
    private protected abstract string Advice { get; }

    /// <summary>The plural noun for the messages, in errors and progress.</summary>
    private protected virtual string Messages => "messages";

    /// <summary>Whether to take only what is there.</summary>
    private protected bool IsPoll => TimeoutSec == 0;

    private protected bool WantsMore => Count == 0 || _received < Count;

    /// <summary>Runs a receive under the time limit, and reports an error if fewer than -Count messages arrived.</summary>
    /// <param name="receive">Emits messages until enough have arrived or no more will.</param>
    /// <param name="target">The endpoint, as the target of errors.</param>
    /// <param name="source">Words for the error: "at" or "from" an endpoint.</param>
    /// <param name="ended">Words for the error: why no more messages will arrive.</param>
    private protected void Receive(Action<CancellationToken> receive, object target, string source, string ended)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(StopToken);
        limit.CancelAfter(Span(TimeoutSec));
        _received = 0;
        WarnOfScripts();
        try
        {
            receive(limit.Token);
            if (_received < Count)
            {
                Report(new NetLabException(FaultKind.ConnectionClosed, $"{ended} after {_received} of {Count} {Messages}. "
                    + "Ask for fewer with -Count, or check what the other side does."), target);
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
                Report(
                    new NetLabException(
                        FaultKind.ReceiveTimeout,
                        $"{_received} of {Count} {Messages} arrived {source} within {TimeText.Seconds(TimeoutSec)}. "
                            + $"{Advice}, or raise -TimeoutSec."),
                    target);
            }
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
    }

    /// <summary>Waits for a task, however it ends.</summary>
    private protected void Wait(Task task, object endPoint) => Wait(milliseconds => Task.WaitAny([task], milliseconds) == 0, endPoint);

    /// <summary>Waits, and shows progress if there is a -Count or -TimeoutSec.</summary>
    /// <param name="wait">Waits for at most this many milliseconds; true when the wait is over.</param>
    /// <param name="endPoint">The endpoint to name in the progress.</param>
    private protected void Wait(Func<int, bool> wait, object endPoint)
    {
        if (Count > 0 || !double.IsPositiveInfinity(TimeoutSec))
        {
            ShowWaiting(
                milliseconds => WaitAndWarn(wait, milliseconds),
                $"Waiting for {Messages} on {endPoint}",
                () => Count > 0 ? $"{_received} of {Count} received" : $"{_received} received");
        }
        else
        {
            WaitAndWarn(wait, Timeout.Infinite);
        }
    }

    private protected void Emit(object message)
    {
        if (message is ErrorRecord error)
        {
            WriteError(error);
            return;
        }

        _received++;
        WriteObject(message);
    }

    /// <summary>Receives the messages of a server.</summary>
    private protected void ReceiveFrom(ServerJob job)
    {
        if (!job.Records.Keep)
        {
            Report(new NetLabException(FaultKind.InvalidParameters, $"The server on {job.Local} was started with "
                + "-NoRecord, so there is nothing to receive. Start it without -NoRecord."), job.Local);
            return;
        }

        Watch(job);
        Receive(
            token => TakeFrom(job, token),
            job.Local,
            $"at {job.Local}",
            $"The server on {job.Local} was stopped");
    }

    private void TakeFrom(ServerJob job, CancellationToken cancellationToken)
    {
        object[] batch = new object[BatchSize];
        int? left = IsPoll ? job.Waiting : null;
        bool HasData(int milliseconds) => job.WaitForData(milliseconds, cancellationToken);
        job.AttachReceiver();
        try
        {
            while (WantsMore)
            {
                // Once the time is over, no more than what was there then, however fast others come.
                left ??= cancellationToken.IsCancellationRequested ? job.Waiting : null;
                int most = Math.Min(BatchSize, left ?? BatchSize);
                int taken = job.Take(batch.AsSpan(0, Count == 0 ? most : Math.Min(most, Count - _received)));
                if (taken > 0)
                {
                    left -= taken;
                    EmitAll(job, batch.AsSpan(0, taken));
                }
                else if (job.IsDrained)
                {
                    return;
                }
                else if (left is not null)
                {
                    throw new OperationCanceledException();
                }
                else
                {
                    Wait(HasData, job.Local);
                }
            }
        }
        finally
        {
            job.DetachReceiver();
        }
    }

    private void EmitAll(ServerJob job, Span<object> messages)
    {
        int written = 0;
        try
        {
            while (written < messages.Length)
            {
                Emit(messages[written++]);
            }
        }
        finally
        {
            // When the pipeline ends early, as with Select-Object -First, the rest stays for the next receiver.
            job.PutBack(messages[written..]);
        }
    }
}
