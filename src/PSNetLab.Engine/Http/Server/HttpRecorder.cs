using PSNetLab.Engine.Messages;

namespace PSNetLab.Engine.Http.Server;

/// <summary>Keeps the records of requests, and writes their log lines.</summary>
/// <param name="sink">Where the records go; null to keep none.</param>
/// <param name="handover">Lets receivers wait for a record that is about to arrive.</param>
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
                // A server that answers by itself never waits for readers of the records.
                sink.TryAdd(record);
            }
        }

        log?.Write(records);
    }
}
