using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Http.Server;

/// <summary>The options of every web server. The cmdlets have the same defaults.</summary>
internal record HttpServerOptions : StreamServerOptions
{
    internal static readonly TimeSpan DefaultRequestTimeout = TimeSpan.FromSeconds(30);

    internal static readonly TimeSpan DefaultKeepAliveTimeout = TimeSpan.FromSeconds(60);

    internal const long DefaultMaxHeldBytes = 256 * 1024 * 1024;

    internal HttpLimits Limits { get; init; } = HttpLimits.Default;

    /// <summary>How long a request may take to arrive, and how long a client may leave sent bytes unread.</summary>
    internal TimeSpan RequestTimeout { get; init; } = DefaultRequestTimeout;

    /// <summary>How long a connection may be idle between two requests.</summary>
    internal TimeSpan KeepAliveTimeout { get; init; } = DefaultKeepAliveTimeout;

    /// <summary>How many bytes of bodies all connections may hold together; beyond that, requests get 503.</summary>
    internal ByteLimit Bodies { get; init; } = new(DefaultMaxHeldBytes);

    /// <summary>Gets the records of answered requests. Null if nobody needs them; then none are made.</summary>
    internal IHttpObserver? Observer { get; init; }
}
