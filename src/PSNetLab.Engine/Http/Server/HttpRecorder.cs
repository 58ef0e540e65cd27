using PSNetLab.Engine.Messages;

namespace PSNetLab.Engine.Http.Server;

/// <summary>Passes the records of answered requests to a sink and to the access log.</summary>
/// <param name="sink">Receives the records; null to keep none.</param>
/// <param name="handover">Lets receivers wait for a record that is about to arrive.</param>
/// <param name="log">The access log; null for none.</param>
internal sealed class HttpRecorder(IMessageSink<HttpRequestRecord>? sink, Handover handover, AccessLog? log) : IHttpObserver
{
    public Handover Handover => handover;

    public void Answered(ReadOnlySpan<HttpRequestRecord> records)
    {
        if (sink is not null)
        {
            foreach (HttpRequestRecord record in records)
            {
                // If the sink is full, the record is dropped: serving clients comes first.
                sink.TryAdd(record);
            }
        }

        log?.Write(records);
    }

    public void Told(HttpRequestRecord message) => sink?.TryAdd(message);
}
