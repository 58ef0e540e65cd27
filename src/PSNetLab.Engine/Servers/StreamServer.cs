using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Capture;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Servers;

/// <summary>Listens on one endpoint and has a handler serve each connection, until it is stopped.</summary>
/// <remarks>
/// It starts in two steps, <see cref="Bind"/> and then <see cref="Run"/>, so that its observer is complete before the
/// first connection.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "Stop ends it, and Completion says when it has ended.")]
internal sealed partial class StreamServer : IServerHost
{
    private readonly StreamServerOptions _options;
    private readonly IStreamHandler _handler;
    private readonly object _port = new();
    private StreamListener _listener;
    private readonly TcpHandshakes _handshakes;
    private readonly ServedConnections _open = new();
    private readonly ServedConnections _turnedAway = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private GuardedObserver? _observer;
    private ITimer? _deadlines;
    private int _underWay = 1;
    private int _hasRun;
    private int _stops;
    private bool _full;
    private volatile bool _stopping;

    private StreamServer(StreamServerOptions options, IStreamHandler handler)
    {
        _options = options;
        _handler = handler;
        _listener = Listen(options.EndPoint);
        LocalEndPoint = _listener.LocalEndPoint;
        _handshakes = new TcpHandshakes(options.Tls, _listener.Group, Report);
    }

    /// <inheritdoc/>
    public EndPoint LocalEndPoint { get; }

    /// <summary>The listening socket.</summary>
    internal Socket Listener => _listener.Socket;

    /// <inheritdoc cref="StreamServerOptions.Transcript"/>
    internal Transcript? Transcript => _options.Transcript;

    /// <summary>Completes when the server has stopped and its last connection has ended, or with the fault that ended it.</summary>
    internal Task Completion => _completion.Task;

    /// <summary>Connections that were refused: too many, or their address not allowed.</summary>
    internal long Refused { get; private set; }

    /// <summary>The open connections, except those that are only told that there is no room.</summary>
    internal IServedConnection[] Connections => _open.ToArray();

    internal int ConnectionCount => _open.Count;

    /// <summary>Sums over all connections, open and closed.</summary>
    internal Totals Totals => _open.Totals;

    /// <inheritdoc/>
    public bool IsStopping => _stopping;

    /// <summary>Opens the port; clients wait in the backlog.</summary>
    /// <exception cref="NetLabException">The system refused to listen there.</exception>
    internal static StreamServer Bind(StreamServerOptions options, IStreamHandler handler) => new(options, handler);

    /// <summary>Starts accepting connections and notifying the observer.</summary>
    internal void Run(IStreamServerObserver observer)
    {
        if (Interlocked.Exchange(ref _hasRun, 1) == 0)
        {
            _observer = new GuardedObserver(observer, LocalEndPoint);
            _ = AcceptAsync();
        }
    }

    /// <summary>
    /// Frees the port at once. Asks all connections to end, and aborts those that are not finished after a second, or
    /// earlier if no data moves. Does not wait.
    /// </summary>
    internal void Stop()
    {
        if (Interlocked.Exchange(ref _stops, 1) != 0)
        {
            return;
        }

        lock (_port)
        {
            _stopping = true;
            _listener.Dispose();
            _reserved?.Dispose();
            _closed?.TrySetResult();
        }

        _handshakes.Dispose();
        _turnedAway.Abort();
        _ = Task.Run(() => _open.StopAsync(Completion));
        if (Interlocked.Exchange(ref _hasRun, 1) == 0)
        {
            foreach (Socket socket in TakeWaiting())
            {
                socket.Dispose();
            }

            Leave(null);
        }
    }

    /// <inheritdoc/>
    public void Report(NetLabException fault, EndPoint target) => _observer?.Faulted(fault, target);

    private async Task AcceptAsync()
    {
        // The thread that starts the server must not serve clients that are already waiting.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            if (_handler.ShortestDeadline is { } shortest)
            {
                TimeSpan period = TimeSpan.FromMilliseconds(Math.Clamp(shortest.TotalMilliseconds / 4, 20, 1000));
                _deadlines = LateCheck.Repeat(CheckDeadlines, _options.Clock, period);
            }

            StreamListener listener;
            do
            {
                listener = _listener;
                while (await listener.AcceptAsync().ConfigureAwait(false) is { } socket)
                {
                    Admit(socket);
                }

                foreach (Socket socket in TakeWaiting())
                {
                    Admit(socket);
                }
            }
            while (await IsOpenAgainAsync(listener).ConfigureAwait(false));

            Leave(null);
        }
        catch (Exception error)
        {
            Leave(error);
        }
    }

    /// <summary>Serves a socket, or closes it.</summary>
    private void Admit(Socket socket)
    {
        try
        {
            if (_options.Filter is { } filter && socket.RemoteEndPoint is IPEndPoint remote && !filter.IsAllowed(remote.Address))
            {
                Refused++;
                _observer!.Refused(remote);
            }
            else if (_underWay <= _options.MaxConnections)
            {
                _full = false;
                Interlocked.Increment(ref _underWay);
                _ = ServeAsync(socket, isTurnedAway: false);
                return;
            }
            else
            {
                Refused++;
                ReportFull(() => new NetLabException(
                    FaultKind.TooManyConnections,
                    $"{LocalEndPoint} already has {_options.MaxConnections} connections; "
                        + $"new ones {_handler.FateOfTooMany} and are counted. Raise -MaxConnections, or close some."));

                // Over TLS, the message is not worth a handshake.
                if (_options.Tls is null && _turnedAway.Count < _handler.MostTurnedAway)
                {
                    _ = ServeAsync(socket, isTurnedAway: true);
                    return;
                }
            }
        }
        catch (SocketException)
        {
            // The connection was reset before it could be served.
        }

        socket.Dispose();
    }

    /// <summary>Reports the first of several refusals in a row.</summary>
    private void ReportFull(Func<NetLabException> fault)
    {
        if (!_full)
        {
            _full = true;
            Report(fault(), LocalEndPoint);
        }
    }

    private async Task ServeAsync(Socket socket, bool isTurnedAway)
    {
        // The socket is closed at the end in any case, whoever owns it by now.
        IDisposable owner = socket;
        IServedConnection? connection = null;
        try
        {
            if (await _handshakes.OpenAsync(socket).ConfigureAwait(false) is { } transport)
            {
                owner = transport;
                StreamTap.Attach(_options.Transcript, transport, isServer: true);
                owner = connection = _handler.Connect(transport, this, isTurnedAway);
                Enter(connection, isTurnedAway);
                await connection.ServeAsync().ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            Report(new NetLabException(
                FaultKind.SocketError, $"A connection to {LocalEndPoint} failed: {error.Message}", error), LocalEndPoint);
        }
        finally
        {
            owner.Dispose();
            Exit(connection, isTurnedAway);
        }
    }

    private void Enter(IServedConnection connection, bool isTurnedAway)
    {
        (isTurnedAway ? _turnedAway : _open).Add(connection);
        if (!isTurnedAway)
        {
            _observer!.Opened(connection);
        }
    }

    private void Exit(IServedConnection? connection, bool isTurnedAway)
    {
        if (connection is not null)
        {
            (isTurnedAway ? _turnedAway : _open).Remove(connection);
        }

        if (isTurnedAway)
        {
            return;
        }

        if (connection is not null)
        {
            _observer!.Closed(connection);
        }

        Leave(null);
    }

    private void CheckDeadlines()
    {
        foreach (IServedConnection connection in _open.ToArray().Concat(_turnedAway.ToArray()))
        {
            try
            {
                connection.CheckDeadline();
            }
            catch (Exception error)
            {
                Report(new NetLabException(FaultKind.SocketError, $"A connection to {LocalEndPoint} could not be ended "
                    + $"in time: {error.Message}", error), LocalEndPoint);
            }
        }
    }

    /// <summary>Called once by the accept loop and by every connection at its end; the last one completes the server.</summary>
    private void Leave(Exception? error)
    {
        if (error is not null)
        {
            _completion.TrySetException(new NetLabException(FaultKind.SocketError, $"The server on {LocalEndPoint} can no "
                + $"longer accept connections: {error.Message}", error));
            Stop();
        }

        if (Interlocked.Decrement(ref _underWay) == 0)
        {
            _deadlines?.Dispose();
            _handler.Close();
            _completion.TrySetResult();
        }
    }
}
