using PSNetLab.Engine.Messages;

namespace PSNetLab.Engine.Http.Server;

/// <summary>Gets requests when their answers have been sent. Called on socket threads: must not block.</summary>
internal interface IHttpObserver
{
    /// <summary>Lets readers of records wait until an answer that is being sent has been reported.</summary>
    Handover Handover { get; }

    /// <summary>Requests whose answers have been sent or aborted; complete records, in the order of the connection.</summary>
    void Answered(ReadOnlySpan<HttpRequestRecord> records);
}
