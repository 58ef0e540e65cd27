using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Stub;

/// <summary>Another server, which gets the requests that no route answers.</summary>
internal interface IUpstream : IDisposable
{
    /// <summary>Passes a request on, and its answer back.</summary>
    /// <returns>Null if the request is answered; otherwise why there is no answer.</returns>
    ValueTask<NetLabException?> ForwardAsync(HttpExchange exchange);
}
