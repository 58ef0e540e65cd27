using PSNetLab.Engine.Messages;

namespace PSNetLab.Engine.Http.Server;

/// <summary>Hears of requests when their answers have been sent. Called on socket threads: must not block.</summary>
internal interface IHttpObserver
{
    /// <summary>What lets those who look for a record wait until an answer that is being sent has been told.</summary>
    Handover Handover { get; }

    /// <summary>Requests whose answers have been sent, or were broken off; complete records, in the order of the connection.</summary>
    void Answered(ReadOnlySpan<HttpRequestRecord> records);
}
