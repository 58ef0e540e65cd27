using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Stub;

/// <summary>Another server, which gets the requests that no route answers.</summary>
internal interface IUpstream : IDisposable
{
    /// <summary>Passes a request on, and its answer back.</summary>
    /// <returns>Null if the request is answered; otherwise why there is no answer.</returns>
    ValueTask<UpstreamRefusal?> ForwardAsync(HttpExchange exchange);
}

/// <summary>Why a request has no answer of the upstream.</summary>
/// <param name="Status">The status that the client gets.</param>
/// <param name="Explanation">The reason, in a sentence.</param>
/// <param name="Fault">What the job is told; null if it is only the request that is wrong.</param>
internal sealed record UpstreamRefusal(int Status, string Explanation, NetLabException? Fault = null);
