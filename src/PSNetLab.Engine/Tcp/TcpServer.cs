using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace PSNetLab.Engine;

/// <summary>Listens on one endpoint and runs a session for each connection, until it is stopped.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Its end is Stop, and Completion tells when it is reached.")]
internal sealed class TcpServer
{
    private const long StopGraceMilliseconds = 1000;
    private const long QuietGraceMilliseconds = 100;

    private readonly TcpServerOptions _options;
    private readonly ITcpServerObserver _observer;
    private readonly TcpAcceptor _acceptor;
    private readonly TcpHandshakes _handshakes;
    private readonly object _gate = new();
    private readonly Dictionary<int, TcpConnection> _open = [];
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Timer? _idleTimer;
    private Totals _closed;
    private int _underWay;
    private int _stops;
    private bool _full;
    private volatile bool _stopping;

    private TcpServer(TcpServerOptions options, ITcpServerObserver observer)
    {
        _options = options;
        _observer = observer;
        _acceptor = new TcpAcceptor(options.EndPoint, options.Backlog, Refuse);
        _handshakes = new TcpHandshakes(options, observer.Faulted);
        if (options.IdleTimeout > TimeSpan.Zero)
        {
            TimeSpan period = TimeSpan.FromMilliseconds(Math.Clamp(options.IdleTimeout.TotalMilliseconds / 4, 50, 5000));
            _idleTimer = new Timer(static self => ((TcpServer)self!).CloseIdle(), this, period, period);
        }
    }

    internal IPEndPoint LocalEndPoint => _acceptor.LocalEndPoint;

    /// <summary>The listening socket.</summary>
    internal Socket Listener => _acceptor.Listener;

    /// <summary>Completes when the server was stopped and its last connection has ended, or with the fault that ended it.</summary>
    internal Task Completion => _completion.Task;

    /// <summary>Connections that were refused: too many, or their address not allowed.</summary>
    internal long Refused { get; private set; }

    internal TcpConnection[] Connections
    {
        get
        {
            lock (_gate)
            {
                return [.. _open.Values];
            }
        }
    }

    internal int ConnectionCount
    {
        get
        {
            lock (_gate)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>Sums over all connections, open and closed.</summary>
    internal Totals Totals
    {
        get
        {
            lock (_gate)
            {
                Totals sum = _closed;
                foreach (TcpConnection connection in _open.Values)
                {
                    sum = sum.Add(connection);
                }

                return sum;
            }
        }
    }

    /// <summary>Starts listening; the port is open when this returns.</summary>
    /// <exception cref="NetLabException">The endpoint cannot be listened on.</exception>
    internal static TcpServer Start(TcpServerOptions options, ITcpServerObserver observer)
    {
        TcpServer server = new(options, observer) { _underWay = 1 };
        _ = server.AcceptAsync();
        return server;
    }

    /// <summary>Frees the port at once; connections get a half-close, then up to a second as long as something still comes, then an abort. Does not wait.</summary>
    internal void Stop()
    {
        if (Interlocked.Exchange(ref _stops, 1) != 0)
        {
            return;
        }

        _stopping = true;
        _acceptor.Dispose();
        _handshakes.Dispose();
        _ = Task.Run(StopConnectionsAsync);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (await _acceptor.AcceptAsync().ConfigureAwait(false) is { } socket)
            {
                if (IsWelcome(socket))
                {
                    Interlocked.Increment(ref _underWay);
                    _ = RunAsync(socket);
                }
            }

            Leave(null);
        }
        catch (Exception error)
        {
            Leave(error);
        }
    }

    private bool IsWelcome(Socket socket)
    {
        try
        {
            IPEndPoint remote = (IPEndPoint)socket.RemoteEndPoint!;
            if (_options.Filter is { } filter && !filter.IsAllowed(remote.Address))
            {
                Refused++;
                _observer.Refused(remote);
            }
            else if (_underWay > _options.MaxConnections)
            {
                Refused++;
                Refuse(new NetLabException(
                    FaultKind.TooManyConnections,
                    $"{LocalEndPoint} already has {_options.MaxConnections} connections; further ones are closed at once and counted. Raise -MaxConnections, or close some."));
            }
            else
            {
                _full = false;
                return true;
            }
        }
        catch (SocketException)
        {
            // Reset before anybody looked at it.
        }

        socket.Dispose();
        return false;
    }

    /// <summary>Reports the first refusal of a run of them.</summary>
    private void Refuse(NetLabException fault)
    {
        if (!_full)
        {
            _full = true;
            _observer.Faulted(fault, LocalEndPoint);
        }
    }

    private async Task RunAsync(Socket socket)
    {
        try
        {
            TcpConnection? connection = await _handshakes.OpenAsync(socket).ConfigureAwait(false);
            if (connection is null)
            {
                return;
            }

            lock (_gate)
            {
                _open.Add(connection.Id, connection);
            }

            _observer.Opened(connection);
            try
            {
                await ServeAsync(connection).ConfigureAwait(false);
            }
            finally
            {
                lock (_gate)
                {
                    _open.Remove(connection.Id);
                    _closed = _closed.Add(connection);
                }

                _observer.Closed(connection);
            }
        }
        catch (Exception error)
        {
            _observer.Faulted(new NetLabException(FaultKind.SocketError, $"A connection to {LocalEndPoint} failed: {error.Message}", error), LocalEndPoint);
        }
        finally
        {
            Leave(null);
        }
    }

    private async Task ServeAsync(TcpConnection connection)
    {
        try
        {
            if (_stopping)
            {
                connection.Close(TcpCloseReason.ServerStopped);
            }

            int left = await new TcpSession(connection, _options).RunAsync().ConfigureAwait(false);
            string? detail = null;
            if (left > 0 && !connection.IsClosed)
            {
                detail = $"{connection.RemoteEndPoint} ended the stream in the middle of a message: {left} bytes of a {connection.Framing} frame had come. They are kept as a message with Truncated set.";
                _observer.Faulted(new NetLabException(FaultKind.TruncatedFrame, detail), connection.RemoteEndPoint);
            }

            connection.Close(_stopping ? TcpCloseReason.ServerStopped : TcpCloseReason.PeerClosed, detail);
        }
        catch (Exception error)
        {
            if (_stopping)
            {
                connection.Close(TcpCloseReason.ServerStopped);
            }

            // A connection that this side has closed fails whatever was under way on it; that is no fault.
            bool closedHere = connection.CloseReason is not (TcpCloseReason.None or TcpCloseReason.MessageTooLong);
            NetLabException fault = connection.Fail(error);
            if (!closedHere)
            {
                _observer.Faulted(fault, connection.RemoteEndPoint);
            }
        }
    }

    private void CloseIdle()
    {
        foreach (TcpConnection connection in Connections)
        {
            if (connection.IdleMilliseconds >= _options.IdleTimeout.TotalMilliseconds)
            {
                NetLabException fault = new(FaultKind.IdleTimeout, $"{connection.RemoteEndPoint} was closed: nothing came or went for {_options.IdleTimeout.TotalSeconds} s. Raise -IdleTimeoutSec, or let the client send something from time to time.");
                connection.Close(TcpCloseReason.IdleTimeout, fault.Message);
                _observer.Faulted(fault, connection.RemoteEndPoint);
            }
        }
    }

    private async Task StopConnectionsAsync()
    {
        foreach (TcpConnection connection in Connections)
        {
            _ = connection.HalfCloseAsync(CancellationToken.None).AsTask();
        }

        // A second to end by themselves, but not for those that have nothing to say.
        long stopped = Environment.TickCount64;
        for (long waited = 0; waited < StopGraceMilliseconds && !_completion.Task.IsCompleted; waited = Environment.TickCount64 - stopped)
        {
            if (waited > QuietGraceMilliseconds && Array.TrueForAll(Connections, connection => connection.IdleMilliseconds > QuietGraceMilliseconds))
            {
                break;
            }

            await Task.WhenAny(_completion.Task, Task.Delay(10)).ConfigureAwait(false);
        }

        foreach (TcpConnection connection in Connections)
        {
            connection.Close(TcpCloseReason.ServerStopped);
        }
    }

    /// <summary>Called once by the accept loop and by every connection at its end; the last one completes the server.</summary>
    private void Leave(Exception? error)
    {
        if (error is not null)
        {
            _completion.TrySetException(new NetLabException(FaultKind.SocketError, $"The server on {LocalEndPoint} cannot accept connections any more: {error.Message}", error));
            Stop();
        }

        if (Interlocked.Decrement(ref _underWay) == 0)
        {
            _idleTimer?.Dispose();
            _completion.TrySetResult();
        }
    }
}

/// <summary>Counts over the connections of a server.</summary>
internal readonly record struct Totals(long BytesReceived, long BytesSent, long MessagesReceived, long MessagesSent)
{
    internal Totals Add(TcpConnection connection) => new(
        BytesReceived + connection.BytesReceived,
        BytesSent + connection.BytesSent,
        MessagesReceived + connection.MessagesReceived,
        MessagesSent + connection.MessagesSent);
}
