using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Security.Authentication;
using PSNetLab.Engine.Http.Files;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Http.Server;

/// <summary>Serves the files of a folder over HTTP/1.1 (RFC 9110, RFC 9112), until it is stopped.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Its end is Stop, and Completion tells when it is reached.")]
internal sealed class HttpServer : StreamServer<HttpConnection>
{
    // More than those that ask for nothing but a hint that the server is full.
    private const int MostTurnedAway = 64;

    private readonly HttpServerOptions _options;
    private readonly IStreamServerObserver _observer;
    private readonly WebSite _site;
    private readonly ConcurrentDictionary<int, HttpConnection> _turnedAway = new();
    private readonly ITimer _deadlines;

    private HttpServer(HttpServerOptions options, IStreamServerObserver observer)
        : base(options, observer)
    {
        _options = options;
        _observer = observer;
        _site = new WebSite(options);
        TimeSpan shortest = options.RequestTimeout < options.KeepAliveTimeout ? options.RequestTimeout : options.KeepAliveTimeout;
        TimeSpan period = TimeSpan.FromMilliseconds(Math.Clamp(shortest.TotalMilliseconds / 4, 20, 1000));
        _deadlines = options.Clock.CreateTimer(static self => ((HttpServer)self!).CheckDeadlines(), this, period, period);
    }

    /// <summary>Opens the port; connections are accepted from <see cref="StreamServer{TConnection}.Run"/> on.</summary>
    /// <exception cref="NetLabException">The endpoint cannot be listened on.</exception>
    internal static HttpServer Bind(HttpServerOptions options, IStreamServerObserver observer) => new(options, observer);

    private protected override HttpConnection Connect(Transport transport, SslProtocols tls) => NewConnection(transport, isTurnedAway: false);

    private protected override Task ServeAsync(HttpConnection connection) => connection.RunAsync();

    private protected override string FateOfTooMany => "get 503 (Service Unavailable)";

    private protected override bool TurnAway(Socket socket)
    {
        if (_turnedAway.Count >= MostTurnedAway || _options.Certificate is not null)
        {
            return false;
        }

        _ = AnswerBusyAsync(socket);
        return true;
    }

    private protected override void OnStopping()
    {
        foreach (HttpConnection connection in _turnedAway.Values)
        {
            connection.Abort();
        }
    }

    private protected override void OnCompleted()
    {
        _deadlines.Dispose();
        _site.Files.Clear();
    }

    private HttpConnection NewConnection(Transport transport, bool isTurnedAway) => new(transport, _options, _site, () => IsStopping, _observer.Faulted, isTurnedAway);

    private async Task AnswerBusyAsync(Socket socket)
    {
        HttpConnection connection;
        try
        {
            connection = NewConnection(Transport.Create(socket), isTurnedAway: true);
        }
        catch (SocketException)
        {
            return; // gone already
        }

        _turnedAway[connection.Id] = connection;
        try
        {
            await connection.RunAsync().ConfigureAwait(false);
        }
        finally
        {
            _turnedAway.TryRemove(connection.Id, out _);
        }
    }

    private void CheckDeadlines()
    {
        foreach (HttpConnection connection in Connections.Concat(_turnedAway.Values))
        {
            connection.CheckDeadline();
        }
    }
}
