using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Stub;

/// <summary>An answer that is more than a status and a body: it goes on for as long as both sides like.</summary>
internal abstract class StubService
{
    /// <summary>Whether it needs scripts to be run.</summary>
    internal virtual bool HasScript => false;

    /// <summary>Serves a request to its end. Not called on the thread of an event loop.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="answer">The answer of the route, for its fields.</param>
    /// <param name="request">The record of the request.</param>
    /// <param name="handler">The handler that it belongs to.</param>
    internal abstract ValueTask ServeAsync(HttpExchange exchange, StubAnswer answer, HttpRequestRecord request, StubHandler handler);

    /// <summary>What it is, for the description of the route.</summary>
    public abstract override string ToString();
}
