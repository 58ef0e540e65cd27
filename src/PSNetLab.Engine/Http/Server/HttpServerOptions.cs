using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Http.Server;

/// <summary>What every web server does. The defaults are those of the cmdlets.</summary>
internal record HttpServerOptions : StreamServerOptions
{
    internal HttpLimits Limits { get; init; } = new();

    /// <summary>How long a request may take to arrive, and how long a client may leave sent bytes unread.</summary>
    internal TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a connection may be idle between two requests.</summary>
    internal TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Gets answered requests; null for nobody.</summary>
    internal IHttpObserver? Observer { get; init; }
}
