using PSNetLab.Engine.Messages;

namespace PSNetLab.Engine.Http.Server;

/// <summary>Keeps the records of requests, and writes their lines into a log.</summary>
/// <param name="sink">Where the records go; null to keep none.</param>
/// <param name="handover">What lets those who take them wait for one that is about to come.</param>
/// <param name="log">The log; null for none.</param>
internal sealed class HttpRecorder(IMessageSink<HttpRequestRecord>? sink, Handover handover, AccessLog? log) : IHttpObserver
{
    public Handover Handover => handover;

    public void Answered(ReadOnlySpan<HttpRequestRecord> records)
    {
        if (sink is not null)
        {
            foreach (HttpRequestRecord record in records)
            {
                // A server that answers by itself never waits for whoever reads the records.
                sink.TryAdd(record);
            }
        }

        log?.Write(records);
    }
}
