using PSNetLab.Engine.Http.Files;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Http.Server;

/// <summary>Serves HTTP/1.1 (RFC 9110, RFC 9112): each connection is an <see cref="HttpConnection"/>.</summary>
internal sealed class HttpStreamHandler(HttpServerOptions options) : IStreamHandler
{
    private readonly WebSite _site = new(options);

    public TimeSpan? ShortestDeadline => options.RequestTimeout < options.KeepAliveTimeout ? options.RequestTimeout : options.KeepAliveTimeout;

    /// <inheritdoc/>
    /// <remarks>More than those that ask for nothing but a hint that the server is full.</remarks>
    public int MostTurnedAway => 64;

    public string FateOfTooMany => "get 503 (Service Unavailable)";

    public IServedConnection Connect(Transport transport, IServerHost host, bool isTurnedAway)
        => new HttpConnection(transport, options, _site, host, isTurnedAway);

    public void Close() => _site.Files.Clear();
}
