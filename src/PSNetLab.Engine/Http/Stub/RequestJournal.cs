using PSNetLab.Engine.Messages;

namespace PSNetLab.Engine.Http.Stub;

/// <summary>
/// The latest requests of a server, for assertions. Reading takes nothing away, and nobody who receives records empties it.
/// </summary>
/// <param name="limit">The most requests; there is also a limit of bytes.</param>
internal sealed class RequestJournal(int limit)
{
    internal const long MostBytes = 64 * 1024 * 1024;

    private readonly Queue<HttpRequestRecord> _records = new();
    private long _bytes;
    private TaskCompletionSource? _change;

    /// <summary>How many requests were forgotten because there were too many.</summary>
    internal long Forgotten { get; private set; }

    internal void Add(HttpRequestRecord record)
    {
        TaskCompletionSource? change;
        lock (_records)
        {
            _records.Enqueue(record);
            _bytes += Weight(record);
            while (_records.Count > 1 && (_records.Count > limit || _bytes > MostBytes))
            {
                _bytes -= Weight(_records.Dequeue());
                Forgotten++;
            }

            (change, _change) = (_change, null);
        }

        change?.TrySetResult();
    }

    /// <summary>The requests, the oldest first, and what completes when there is another one.</summary>
    internal HttpRequestRecord[] Read(out Task changed)
    {
        lock (_records)
        {
            changed = (_change ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            return [.. _records];
        }
    }

    private static int Weight(HttpRequestRecord record) => ((IWeighted)record).Length;
}
