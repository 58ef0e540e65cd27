using PSNetLab.Engine.IO;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Http.Server;

/// <summary>
/// Speaks HTTP/1.1 (RFC 9110, RFC 9112) on each stream, as an <see cref="HttpConnection"/>; another handler has the
/// answers.
/// </summary>
internal sealed class HttpStreamHandler(HttpServerOptions options, IHttpHandler handler) : IStreamHandler
{
    public TimeSpan? ShortestDeadline
        => options.RequestTimeout < options.KeepAliveTimeout ? options.RequestTimeout : options.KeepAliveTimeout;

    /// <inheritdoc/>
    /// <remarks>More than those that ask for nothing but a hint that the server is full.</remarks>
    public int MostTurnedAway => 64;

    public string FateOfTooMany => "get 503 (Service Unavailable)";

    public IServedConnection Connect(Transport transport, IServerHost host, bool isTurnedAway)
        => new HttpConnection(transport, options, handler, host, isTurnedAway);

    public void Close() => (handler as IDisposable)?.Dispose();
}
