using System.Collections.Concurrent;
using System.Management.Automation;

namespace PSNetLab.Jobs;

/// <summary>Writes the streams of one job, in order, from one thread-pool thread at a time and only while there is something to write.</summary>
/// <remarks>Socket threads never touch a stream: adding to one runs the handlers of Receive-Job -Wait, which may block.</remarks>
internal sealed class JobForwarder : IThreadPoolWorkItem
{
    // The streams beside Output are history: nobody has to read them, so they must not grow for ever.
    private const int MostRecordsKept = 1000;

    private readonly Job _job;
    private readonly JobOutput _output;
    private readonly ConcurrentQueue<object> _records = new();
    private readonly Action _onDrained;
    private int _scheduled;
    private int _unannounced;
    private int _directReceivers;
    private int _ending;

    internal JobForwarder(Job job, JobOutput output, Action onDrained)
    {
        _job = job;
        _output = output;
        _onDrained = onDrained;
    }

    /// <summary>Whether there are records on their way to their stream.</summary>
    internal bool HasRecords => !_records.IsEmpty;

    /// <summary>Says that an object was put into the mailbox.</summary>
    internal void OnOutput()
    {
        // A receiver that takes from the mailbox itself is not to be slowed down by news of what it will see anyway.
        if (Volatile.Read(ref _directReceivers) == 0)
        {
            Interlocked.Increment(ref _unannounced);
            Schedule();
        }
    }

    /// <summary>Puts an error, warning, information, verbose or debug record on its way.</summary>
    internal void Write(object record)
    {
        if (_records.Count < MostRecordsKept || record is ErrorRecord)
        {
            _records.Enqueue(record);
            Schedule();
        }
    }

    internal void AttachReceiver() => Interlocked.Increment(ref _directReceivers);

    internal void DetachReceiver()
    {
        if (Interlocked.Decrement(ref _directReceivers) == 0 && _output.Count > 0)
        {
            Interlocked.Add(ref _unannounced, _output.Count);
            Schedule();
        }
    }

    /// <summary>Calls onDrained, once, after everything written so far.</summary>
    internal void End()
    {
        Volatile.Write(ref _ending, 1);
        Schedule();
    }

    void IThreadPoolWorkItem.Execute()
    {
        while (_records.TryDequeue(out object? record))
        {
            WriteNow(record);
        }

        for (int left = Math.Min(Interlocked.Exchange(ref _unannounced, 0), _output.Count); left > 0; left--)
        {
            Guarded(_output.Announce);
        }

        if (_records.IsEmpty && Volatile.Read(ref _unannounced) == 0 && Interlocked.CompareExchange(ref _ending, 2, 1) == 1)
        {
            _onDrained();
        }

        Volatile.Write(ref _scheduled, 0);
        if (!_records.IsEmpty || Volatile.Read(ref _unannounced) > 0 || Volatile.Read(ref _ending) == 1)
        {
            Schedule();
        }
    }

    private static void Keep<T>(PSDataCollection<T> stream, T record)
    {
        while (stream.Count >= MostRecordsKept)
        {
            stream.RemoveAt(0);
        }

        stream.Add(record);
    }

    /// <summary>A job that was removed has closed its streams; what still comes has no reader.</summary>
    private static void Guarded(Action write)
    {
        try
        {
            write();
        }
        catch (Exception error) when (error is ObjectDisposedException or InvalidOperationException)
        {
        }
    }

    private void Schedule()
    {
        if (Interlocked.Exchange(ref _scheduled, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private void WriteNow(object record) => Guarded(() =>
    {
        switch (record)
        {
            case ErrorRecord error:
                Keep(_job.Error, error);
                break;
            case WarningRecord warning:
                Keep(_job.Warning, warning);
                break;
            case InformationRecord information:
                Keep(_job.Information, information);
                break;
            case VerboseRecord verbose:
                Keep(_job.Verbose, verbose);
                break;
            case DebugRecord debug:
                Keep(_job.Debug, debug);
                break;
        }
    });
}
