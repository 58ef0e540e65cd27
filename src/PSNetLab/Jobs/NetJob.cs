using System.ComponentModel;
using System.Management.Automation;
using System.Net;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Jobs;

/// <summary>A job that works in the background until it is done or stopped: its streams, its waiting results, and its end.</summary>
public abstract partial class NetJob : Job
{
    private static readonly TimeSpan s_longestStop = StopGrace.Longest + TimeSpan.FromSeconds(0.5);

    private readonly Mailbox<object> _mailbox;
    private readonly JobOutput _output;
    private readonly JobForwarder _forwarder;
    private readonly ScriptWarnings _scriptWarnings = new();
    private readonly object _gate = new();
    private readonly ManualResetEventSlim _ended = new();
    private bool _hasRun;
    private bool _stopRequested;
    private bool _finished;
    private bool _warnedOfDrops;

    private protected NetJob(string command, string? name, string kind, RecordOptions records)
        : base(command, name)
    {
        PSJobTypeName = kind;
        _mailbox = new Mailbox<object>(records.BufferLimit, records.WhenFull);
        _output = new JobOutput(_mailbox);
        base.Output = _output;
        Records = records;
        _forwarder = new JobForwarder(this, _output, Finish);
    }

    /// <summary>Whether Receive-Job would return something.</summary>
    public override bool HasMoreData
        => _mailbox.Count > 0 || Error.Count > 0 || Warning.Count > 0 || Information.Count > 0 || Verbose.Count > 0
            || Debug.Count > 0 || _forwarder.HasRecords;

    /// <summary>Results that wait to be received.</summary>
    public int Waiting => _mailbox.Count;

    /// <summary>Results that were not kept because -BufferLimit was reached.</summary>
    public long Dropped => _mailbox.Dropped;

    /// <summary>When the job began, in local time; null before.</summary>
    public object? StartedAt => FileValue.Of(base.PSBeginTime);

    /// <summary>When it ended, in local time; null before.</summary>
    public object? EndedAt => FileValue.Of(base.PSEndTime);

    internal RecordOptions Records { get; }

    /// <summary>Lets receivers wait for a message that is about to arrive.</summary>
    private protected Handover Handover => _mailbox.Handover;

    /// <summary>Sends a line to the Information stream, with a tag for its kind.</summary>
    internal void Inform(string tag, string text)
    {
        InformationRecord record = new(text, Location);
        record.Tags.Add(tag);
        Write(record);
    }

    private protected Exception? Failure { get; private set; }

    /// <summary>Stops the work and waits for its end, which takes little more than the second that it gets.</summary>
    public override void StopJob() => StopAll([this]);

    /// <summary>Stops many jobs in the time of one: signals all of them, then waits for all.</summary>
    internal static void StopAll(IEnumerable<NetJob> jobs)
    {
        NetJob[] stopping = [.. jobs.Where(job => job.TryBeginStop())];
        long limit = Environment.TickCount64 + (long)s_longestStop.TotalMilliseconds;
        foreach (NetJob job in stopping)
        {
            job.WaitForEnd(limit);
        }
    }

    /// <summary>Waits for messages and takes the oldest of them; 0 if no more will come.</summary>
    internal int Take(Span<object> destination)
    {
        lock (_output.SyncRoot)
        {
            return _mailbox.Take(destination);
        }
    }

    /// <summary>Puts back messages that were taken and not used, as the oldest again.</summary>
    internal void PutBack(ReadOnlySpan<object> messages)
    {
        lock (_output.SyncRoot)
        {
            _mailbox.PutBack(messages);
        }

        _forwarder.OnPutBack(messages.Length);
    }

    /// <inheritdoc cref="Mailbox{T}.WaitForData"/>
    internal bool WaitForData(int milliseconds, CancellationToken cancellationToken)
        => _mailbox.WaitForData(milliseconds, cancellationToken);

    /// <summary>Whether all messages were taken and no more will come.</summary>
    internal bool IsDrained => _mailbox.IsDrained;

    internal void AttachReceiver() => _forwarder.AttachReceiver();

    internal void DetachReceiver() => _forwarder.DetachReceiver();

    /// <summary>Sends a record to its stream, from any thread, without blocking.</summary>
    internal void Write(object record)
    {
        if (record is ErrorRecord error)
        {
            _scriptWarnings.Note(error);
        }

        _forwarder.Write(record);
    }

    /// <summary>Takes the errors of its script block that nobody has seen yet, as warnings.</summary>
    /// <param name="own">The socket that waits for an answer; null if the job itself is waited for.</param>
    /// <param name="peer">Where that socket expects its answer from.</param>
    internal IEnumerable<string> TakeWarnings(IPEndPoint? own, IPEndPoint? peer)
        => _scriptWarnings.Take(
            error => IsUnseen(error) && (own is null || Concerns(error, own, peer!))).Select(text => $"{Name}: {text}");

    /// <summary>Starts the work. Nothing happens before this call, so that the job can be registered first.</summary>
    internal void Run()
    {
        lock (_gate)
        {
            if (_hasRun)
            {
                return;
            }

            _hasRun = true;
        }

        SetJobState(JobState.Running);
        WorkAsync().ContinueWith(OnCompleted, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    /// <summary>Does the work. Completes when it is done or was stopped, and throws if it failed.</summary>
    private protected abstract Task WorkAsync();

    /// <summary>Tells the work to end soon; does not wait.</summary>
    private protected abstract void BeginStop();

    /// <summary>The target of an error that ends the job.</summary>
    private protected abstract object FaultTarget { get; }

    /// <summary>Called when the work has ended and everything was written.</summary>
    private protected virtual void OnFinished()
    {
    }

    /// <summary>Keeps a message for the receivers; false if there is no room and the caller must wait.</summary>
    private protected bool TryRecord(object message)
    {
        AddResult result = _mailbox.Add(message);
        if (result == AddResult.Kept)
        {
            _forwarder.OnOutput();
        }
        else if (result == AddResult.Dropped && !_warnedOfDrops)
        {
            _warnedOfDrops = true;
            Write(new WarningRecord($"{Name}: {Records.BufferLimit} messages are waiting to be received, so new ones are "
                + $"no longer kept; Dropped counts them. {Records.Advice}"));
        }

        return result != AddResult.NoRoom;
    }

    /// <summary>Keeps a message as soon as there is room; a wait that is cancelled withdraws it.</summary>
    private protected async ValueTask RecordAsync(object message, CancellationToken cancellationToken)
    {
        await _mailbox.AddAsync(message, cancellationToken).ConfigureAwait(false);
        _forwarder.OnOutput();
    }

    /// <summary>Whether an error of the script block is about a message of this socket or, if it does not say, of any client.</summary>
    private protected virtual bool Concerns(ErrorRecord error, IPEndPoint own, IPEndPoint peer) => false;

    private bool IsUnseen(ErrorRecord error) => _forwarder.HasRecords || Error.Contains(error);

    /// <inheritdoc/>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            StopJob();
            LiveJobs.Remove(this);
        }

        base.Dispose(disposing);
    }

    /// <summary>Waits for the end of the job, so that Remove-Job can follow Stop-Job directly.</summary>
    /// <remarks>
    /// Inside the pipeline of Receive-Job -Wait, the last output and the state can only be written once this thread
    /// continues, so a forwarder that is stuck in a stream ends the wait.
    /// </remarks>
    private void WaitForEnd(long limit)
    {
        // Long enough for a thread that has to wait for a core, or for the garbage collector.
        TimeSpan stuck = TimeSpan.FromMilliseconds(200);
        TimeSpan slice = TimeSpan.FromMilliseconds(20);
        while (!_ended.Wait(slice) && Environment.TickCount64 < limit && !_forwarder.IsStuck(stuck))
        {
        }
    }

    /// <returns>Whether there is an end to wait for: false if the job is already stopping or over.</returns>
    private bool TryBeginStop()
    {
        lock (_gate)
        {
            if (_stopRequested || _finished)
            {
                return false;
            }

            _stopRequested = true;
        }

        // From now on nobody is held back: what is on its way is kept if there is room.
        _mailbox.Complete();
        BeginStop();
        Run();
        return true;
    }

    private void OnCompleted(Task completion)
    {
        if (completion.Exception?.InnerException is { } error)
        {
            // A plain Job has no place for the reason of a failure, so it goes to the error stream, before the state.
            Failure = error;
        }

        _mailbox.Complete();
        _forwarder.End(Failure is null ? null : Errors.Record(Failure, FaultTarget));
    }

    private void Finish()
    {
        JobState state;
        lock (_gate)
        {
            if (_finished)
            {
                return;
            }

            _finished = true;
            state = Failure is not null ? JobState.Failed : _stopRequested ? JobState.Stopped : JobState.Completed;
        }

        LiveJobs.Remove(this);
        try
        {
            OnFinished();
        }
        finally
        {
            try
            {
                SetJobState(state);
            }
            catch (ObjectDisposedException)
            {
                // Remove-Job -Force disposed of the job while its connections were closing.
            }

            _ended.Set();
        }
    }
}

/// <summary>How the results of a job are kept until they are received.</summary>
internal sealed record RecordOptions(bool Keep, int BufferLimit, WhenFull WhenFull)
{
    internal const int DefaultBufferLimit = 65536;

    /// <summary>What to do when the limit is reached.</summary>
    internal string Advice { get; init; } = "Receive them, raise -BufferLimit, or use -NoRecord.";

    /// <summary>
    /// The limit for datagrams on their way to a pipeline: it is drained constantly, so only bursts wait, and those are
    /// large.
    /// </summary>
    internal const int PipelineLimit = 1024 * 1024;
}
