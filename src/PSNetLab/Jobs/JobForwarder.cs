using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;

namespace PSNetLab.Jobs;

/// <summary>
/// Writes the streams of one job, in order, from one thread-pool thread at a time and only while there is something to write.
/// </summary>
/// <remarks>Socket threads never touch a stream: adding to it runs the handlers of Receive-Job -Wait, which may block.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "A timer at rest holds nothing.")]
internal sealed class JobForwarder : IThreadPoolWorkItem
{
    // Streams other than Output may never be read, so they must not grow forever.
    private const int MostRecordsKept = 1000;

    private const int QuietMilliseconds = 2;

    // Stands for an object in the mailbox, so that records and output keep their order.
    private static readonly object s_output = new();

    private readonly Job _job;
    private readonly JobOutput _output;
    private readonly ConcurrentQueue<object> _queue = new();
    private readonly Action _onDrained;
    private readonly Timer _later;
    private long _lastRun;
    private int _scheduled;
    private int _records;
    private long _lost;
    private bool _handlerHasThrown;
    private int _directReceivers;
    private long _unannounced;
    private int _toAnnounce;
    private int _ending;
    private long _busySince;

    internal JobForwarder(Job job, JobOutput output, Action onDrained)
    {
        _job = job;
        _output = output;
        _onDrained = onDrained;
        _later = new Timer(static self => ((IThreadPoolWorkItem)self!).Execute(), this, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>Whether records wait to be written to their streams.</summary>
    internal bool HasRecords => Volatile.Read(ref _records) > 0;

    /// <summary>Whether a write to a stream, or the change of state, has taken so long that it must be waiting for someone.</summary>
    internal bool IsStuck(TimeSpan atLeast)
    {
        long since = Volatile.Read(ref _busySince);
        return since != 0 && Environment.TickCount64 - since > atLeast.TotalMilliseconds;
    }

    /// <summary>Call this after an object was added to the mailbox.</summary>
    internal void OnOutput()
    {
        // A receiver that takes from the mailbox itself needs no notifications, which would only slow it down.
        if (Volatile.Read(ref _directReceivers) == 0)
        {
            EnqueueOutput();
        }
        else
        {
            Interlocked.Increment(ref _unannounced);
            if (Volatile.Read(ref _directReceivers) == 0)
            {
                AnnounceLeft(); // it left just now
            }
        }
    }

    /// <summary>Queues an error, warning, information, verbose or debug record for its stream.</summary>
    internal void Write(object record)
    {
        if (Volatile.Read(ref _records) < MostRecordsKept)
        {
            Interlocked.Increment(ref _records);
            Enqueue(record);
        }
        else
        {
            Interlocked.Increment(ref _lost);
        }
    }

    /// <summary>Call this after objects were put back into the mailbox: they may have been announced while they were not there.</summary>
    internal void OnPutBack(int count) => Interlocked.Add(ref _unannounced, count);

    internal void AttachReceiver() => Interlocked.Increment(ref _directReceivers);

    internal void DetachReceiver()
    {
        if (Interlocked.Decrement(ref _directReceivers) == 0)
        {
            AnnounceLeft();
        }
    }

    /// <summary>Has onDrained called once, after everything queued so far was written.</summary>
    /// <param name="failure">The last record, which is kept even if the limit is reached; null for none.</param>
    internal void End(ErrorRecord? failure)
    {
        if (failure is not null)
        {
            Interlocked.Increment(ref _records);
            Enqueue(failure);
        }

        Volatile.Write(ref _ending, 1);
        Schedule();
    }

    void IThreadPoolWorkItem.Execute()
    {
        WriteAll();
        if (Interlocked.Exchange(ref _lost, 0) is > 0 and long lost)
        {
            Guarded(new WarningRecord($"{_job.Name}: {lost} records came faster than they could be written and were left out."));
        }

        if (Volatile.Read(ref _ending) == 1)
        {
            // What was queued before the end may have come after the queue was found empty.
            WriteAll();
            Volatile.Write(ref _ending, 2);
            Volatile.Write(ref _busySince, Environment.TickCount64);
            try
            {
                _onDrained();
            }
            catch (Exception error)
            {
                TellOfHandler(error);
            }

            Volatile.Write(ref _busySince, 0);
        }

        Volatile.Write(ref _lastRun, Environment.TickCount64);

        // A plain write might become visible after the reads that follow: then whoever has just queued something finds this scheduled
        // still, this finds nothing queued, and nobody comes.
        Interlocked.Exchange(ref _scheduled, 0);
        if (!_queue.IsEmpty || Volatile.Read(ref _ending) == 1)
        {
            Schedule();
        }
    }

    private static void Keep<T>(PSDataCollection<T> stream, T record)
    {
        while (stream.Count >= MostRecordsKept)
        {
            try
            {
                stream.RemoveAt(0);
            }
            catch (ArgumentOutOfRangeException)
            {
                break; // a receiver has just emptied it
            }
        }

        stream.Add(record);
    }

    /// <summary>Announces what came while a receiver took from the mailbox itself, and is still there.</summary>
    /// <remarks>Not all that is there: a receiver that takes one message at a time would have it announced each time.</remarks>
    private void AnnounceLeft()
    {
        long unannounced = Interlocked.Exchange(ref _unannounced, 0);
        for (long left = Math.Min(unannounced, _output.Count - Volatile.Read(ref _toAnnounce)); left > 0; left--)
        {
            EnqueueOutput();
        }
    }

    private void WriteAll()
    {
        while (_queue.TryDequeue(out object? entry))
        {
            Guarded(entry);
            if (entry != s_output)
            {
                Interlocked.Decrement(ref _records);
            }
        }
    }

    private void EnqueueOutput()
    {
        Interlocked.Increment(ref _toAnnounce);
        Enqueue(s_output);
    }

    private void Enqueue(object entry)
    {
        _queue.Enqueue(entry);
        Schedule();
    }

    private void Schedule()
    {
        if (Interlocked.Exchange(ref _scheduled, 1) != 0)
        {
            return;
        }

        // Waking a thread for each of many entries would cost more than the entries.
        if (Environment.TickCount64 - Volatile.Read(ref _lastRun) < QuietMilliseconds)
        {
            _later.Change(QuietMilliseconds, Timeout.Infinite);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private void Guarded(object entry)
    {
        Volatile.Write(ref _busySince, Environment.TickCount64);
        try
        {
            WriteNow(entry);
        }
        catch (Exception error) when (error is ObjectDisposedException or InvalidOperationException)
        {
            // The job was removed and its streams are closed: this record has no reader.
        }
        catch (Exception error)
        {
            // An exception on a pool thread would end the whole process.
            TellOfHandler(error);
        }

        Volatile.Write(ref _busySince, 0);
    }

    /// <summary>Reports once that a handler of a stream throws: it may do so for every record, including this one.</summary>
    private void TellOfHandler(Exception error)
    {
        if (!_handlerHasThrown)
        {
            _handlerHasThrown = true;
            Guarded(Errors.Record(
                new NetLabException(FaultKind.HandlerFailed, $"An event handler of a stream of {_job.Name} threw an error: "
                    + $"{error.Message} The job keeps running. Further errors of handlers are not reported.", error),
                _job));
        }
    }

    private void WriteNow(object entry)
    {
        switch (entry)
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
            default:
                int after = Interlocked.Decrement(ref _toAnnounce);
                if (_output.Count is > 0 and var count)
                {
                    _output.Announce(Math.Max(count - 1 - after, 0));
                }

                break;
        }
    }
}
