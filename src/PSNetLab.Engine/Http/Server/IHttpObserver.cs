using PSNetLab.Engine.Messages;

namespace PSNetLab.Engine.Http.Server;

/// <summary>
/// Gets the records of requests after their answers were sent. Called on threads that serve sockets, so it must not block.
/// </summary>
internal interface IHttpObserver
{
    /// <summary>Lets readers of records wait until an answer that is being sent has been reported.</summary>
    Handover Handover { get; }

    /// <summary>Called with the complete records of requests whose answers were sent or aborted, in the order of the connection.</summary>
    void Answered(ReadOnlySpan<HttpRequestRecord> records);

    /// <summary>Called with a message of a WebSocket.</summary>
    void Told(HttpRequestRecord message);
}
