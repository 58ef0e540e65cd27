using System.Management.Automation;

namespace PSNetLab.Commands;

/// <summary>A cmdlet that waits for the network: Ctrl+C ends every wait, and nothing is left open behind it.</summary>
public abstract class NetCmdlet : PSCmdlet, IDisposable
{
    private const int ProgressId = 1;

    private readonly CancellationTokenSource _stop = new();

    /// <summary>Cancelled when the pipeline is being stopped.</summary>
    private protected CancellationToken StopToken => _stop.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop.Cancel();

    /// <summary>Closes what the cmdlet opened and does not hand out. Called however the pipeline ends.</summary>
    private protected virtual void Dispose(bool disposing) => _stop.Dispose();

    /// <summary>Blocks the pipeline thread until the task is done.</summary>
    private protected T Await<T>(Task<T> task)
    {
        try
        {
            return task.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    /// <inheritdoc cref="Await{T}(Task{T})"/>
    internal void Await(Task task)
    {
        try
        {
            task.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    /// <summary>Waits for a task, without looking at how it ended; after a second, a progress record says for what.</summary>
    private protected void ShowWaiting(Task task, string activity, Func<string> status)
    {
        const int Patience = 1000;
        const int Refresh = 500;
        bool shown = false;
        while (Task.WaitAny([task], shown ? Refresh : Patience) < 0)
        {
            WriteProgress(new ProgressRecord(ProgressId, activity, status()));
            shown = true;
        }

        if (shown)
        {
            WriteProgress(new ProgressRecord(ProgressId, activity, "Done") { RecordType = ProgressRecordType.Completed });
        }
    }

    /// <summary>Waits, as long as nobody stops the pipeline.</summary>
    private protected void Pause(int milliseconds)
    {
        if (_stop.Token.WaitHandle.WaitOne(milliseconds))
        {
            throw new PipelineStoppedException();
        }
    }

    /// <summary>Ends the whole call, which is void, with the error record of a fault.</summary>
    private protected void Fail(NetLabException fault, object? target) => ThrowTerminatingError(Errors.Record(fault, target));

    /// <summary>Reports a fault and goes on.</summary>
    private protected void Report(NetLabException fault, object? target) => WriteError(Errors.Record(fault, target));

    /// <summary>A time in seconds as a span, where 0 is for ever.</summary>
    private protected static TimeSpan Span(double seconds) => seconds <= 0 || seconds > int.MaxValue / 1000
        ? Timeout.InfiniteTimeSpan
        : TimeSpan.FromSeconds(seconds);
}
