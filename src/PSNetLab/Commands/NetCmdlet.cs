using System.Management.Automation;
using System.Net;
using PSNetLab.Display;
using PSNetLab.Engine.Primitives;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>A cmdlet that waits for the network: Ctrl+C ends every wait, and nothing is left open behind it.</summary>
public abstract class NetCmdlet : PSCmdlet, IDisposable
{
    private protected const int SecondsPerDay = 86400;

    /// <summary>The longest time limit: the milliseconds of a timer are an int, which holds 24 days.</summary>
    private protected const int MostSeconds = 20 * SecondsPerDay;

    /// <summary>The longest name of an application protocol (RFC 7301, section 3.1).</summary>
    private protected const int MostAlpnLength = 255;

    private const int ProgressId = 1;

    private readonly CancellationTokenSource _stop = new();
    private Func<IEnumerable<string>> _takeWarnings = () => [];

    /// <summary>Cancelled when the pipeline is being stopped.</summary>
    private protected CancellationToken StopToken => _stop.Token;

    /// <summary>
    /// The replies to write during every wait of this cmdlet: a peer whose replies nobody reads may stop reading itself.
    /// </summary>
    private protected IncomingReplies? Incoming { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected override void BeginProcessing() => ObjectTypes.Tell();

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop.Cancel();

    /// <summary>Closes everything that the cmdlet opened and does not return. Called however the pipeline ends.</summary>
    private protected virtual void Dispose(bool disposing) => _stop.Dispose();

    /// <summary>Writes one of the <see cref="Incoming"/> replies.</summary>
    internal virtual void WriteIncoming(object reply) => WriteObject(reply);

    /// <summary>Blocks the pipeline thread until the task is done.</summary>
    private protected T Await<T>(Task<T> task)
    {
        Await((Task)task);
        return task.Result;
    }

    /// <inheritdoc cref="Await{T}(Task{T})"/>
    private protected void Await(Task task)
    {
        Incoming?.WriteWhile(task, Timeout.InfiniteTimeSpan);
        try
        {
            task.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    /// <summary>Reads a file, which may be a pipe that nobody writes to.</summary>
    internal T Read<T>(Func<T> read) => Await(SlowFile.ReadAsync(read).WaitAsync(StopToken));

    /// <summary>Blocks the pipeline thread until a peer has done something. If it is that of a script, others may run meanwhile.</summary>
    private protected void AwaitPeer(Task task, Action<string> giveUp)
    {
        if (PeerWait.Current is not null)
        {
            try
            {
                PeerWait.For(task, giveUp);
            }
            catch (OperationCanceledException)
            {
                // Await says what that means.
            }
        }

        Await(task);
    }

    /// <summary>Blocks the pipeline thread until the task is done, however it ends; false if the time runs out first.</summary>
    private protected bool Await(Task task, TimeSpan timeout)
    {
        if (Incoming is not null)
        {
            return Incoming.WriteWhile(task, timeout);
        }

        try
        {
            return Task.WaitAny([task], (int)timeout.TotalMilliseconds, StopToken) == 0;
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
    }

    /// <summary>Waits for a task, however it ends. After a second, shows what it waits for as progress.</summary>
    private protected void ShowWaiting(Task task, string activity, Func<string> status)
        => ShowWaiting(milliseconds => Task.WaitAny([task], milliseconds) == 0, activity, status);

    /// <summary>Waits in slices. After a second, shows what it waits for as progress.</summary>
    /// <param name="wait">Waits for at most this many milliseconds; true when the wait is over.</param>
    /// <param name="activity">The activity of the progress record.</param>
    /// <param name="status">Returns its status.</param>
    private protected void ShowWaiting(Func<int, bool> wait, string activity, Func<string> status)
    {
        const int Patience = 1000;
        const int Refresh = 500;
        bool shown = false;
        try
        {
            while (!wait(shown ? Refresh : Patience))
            {
                WriteProgress(new ProgressRecord(ProgressId, activity, status()));
                shown = true;
            }
        }
        finally
        {
            if (shown)
            {
                WriteProgress(new ProgressRecord(ProgressId, activity, "Done") { RecordType = ProgressRecordType.Completed });
            }
        }
    }

    /// <summary>From now on, every wait shows the errors of this server's script block.</summary>
    private protected void Watch(NetJob job) => _takeWarnings = () => job.TakeWarnings(own: null, peer: null);

    /// <summary>From now on, every wait shows the errors of script blocks here that answer this socket.</summary>
    private protected void Watch(IPEndPoint own, IPEndPoint peer)
        => _takeWarnings = () => LiveJobs.Jobs.SelectMany(job => job.TakeWarnings(own, peer));

    /// <summary>Waits in slices, and shows the errors of the watched script blocks as they come.</summary>
    /// <param name="wait">Waits for at most this many milliseconds; true when the wait is over.</param>
    /// <param name="milliseconds">How long to wait at most.</param>
    /// <returns>False if the time ran out first.</returns>
    internal bool WaitAndWarn(Func<int, bool> wait, int milliseconds)
    {
        const int Slice = 200;
        long end = milliseconds == Timeout.Infinite ? long.MaxValue : Environment.TickCount64 + milliseconds;
        while (true)
        {
            long left = end - Environment.TickCount64;
            bool isOver = wait((int)Math.Clamp(left, 0, Slice));
            WarnOfScripts();
            if (isOver || left <= Slice)
            {
                return isOver;
            }
        }
    }

    /// <summary>Takes the errors of the watched script blocks, to be shown otherwise than as warnings.</summary>
    private protected IEnumerable<string> TakeWarnings() => _takeWarnings();

    /// <summary>Shows the errors of the watched script blocks that came before there was something to wait for.</summary>
    private protected void WarnOfScripts()
    {
        foreach (string warning in TakeWarnings())
        {
            WriteWarning(warning);
        }
    }

    /// <summary>Waits until the time is over or the pipeline is stopped.</summary>
    private protected void Pause(int milliseconds) => Await(Task.Delay(milliseconds, StopToken));

    /// <summary>Ends the whole call with the error record of a fault.</summary>
    private protected void Fail(NetLabException fault, object? target) => ThrowTerminatingError(Errors.Record(fault, target));

    /// <summary>Reports a fault and continues.</summary>
    private protected void Report(NetLabException fault, object? target) => WriteError(Errors.Record(fault, target));

    /// <summary>A time in seconds as a span, where 0 means forever.</summary>
    private protected static TimeSpan Span(double seconds) => seconds <= 0 || seconds > int.MaxValue / 1000
        ? Timeout.InfiniteTimeSpan
        : TimeSpan.FromSeconds(seconds);
}
