using PSNetLab.Engine.IO;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Http.Server;

/// <summary>
/// Serves HTTP/1.1 (RFC 9110, RFC 9112) on each stream with an <see cref="HttpConnection"/>. The answers come from an
/// <see cref="IHttpHandler"/>.
/// </summary>
internal sealed class HttpStreamHandler(HttpServerOptions options, IHttpHandler handler) : IStreamHandler
{
    public TimeSpan? ShortestDeadline
        => options.RequestTimeout < options.KeepAliveTimeout ? options.RequestTimeout : options.KeepAliveTimeout;

    /// <inheritdoc/>
    /// <remarks>A 503 takes one round trip, so this many at a time is enough unless a flood arrives.</remarks>
    public int MostTurnedAway => 64;

    public string FateOfTooMany => "get 503 (Service Unavailable)";

    public IServedConnection Connect(Transport transport, IServerHost host, bool isTurnedAway)
        => new HttpConnection(transport, options, handler, host, isTurnedAway);

    public void Close() => (handler as IDisposable)?.Dispose();
}
