using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Servers;

/// <summary>Listens on one endpoint and serves each connection, until it is stopped: what all servers over TCP have in common.</summary>
/// <typeparam name="TConnection">A connection of this kind of server.</typeparam>
[SuppressMessage("Design", "CA1001", Justification = "Its end is Stop, and Completion tells when it is reached.")]
internal abstract class StreamServer<TConnection> : IStreamServer
    where TConnection : class, IServedConnection
{
    private const long StopGraceMilliseconds = 1000;
    private const long QuietGraceMilliseconds = 100;

    private readonly StreamServerOptions _options;
    private readonly IStreamServerObserver _observer;
    private readonly TcpAcceptor _acceptor;
    private readonly TcpHandshakes _handshakes;
    private readonly object _gate = new();
    private readonly Dictionary<int, TConnection> _open = [];
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Totals _closed;
    private int _underWay = 1;
    private int _stops;
    private bool _full;
    private int _hasRun;
    private volatile bool _stopping;

    private protected StreamServer(StreamServerOptions options, IStreamServerObserver observer)
    {
        _options = options;
        _observer = observer;
        _acceptor = new TcpAcceptor(options.EndPoint, options.Backlog, Refuse);
        _handshakes = new TcpHandshakes(options.Certificate, observer.Faulted);
    }

    /// <inheritdoc/>
    public IPEndPoint LocalEndPoint => _acceptor.LocalEndPoint;

    /// <inheritdoc/>
    public Socket Listener => _acceptor.Listener;

    /// <summary>Completes when the server was stopped and its last connection has ended, or with the fault that ended it.</summary>
    internal Task Completion => _completion.Task;

    /// <inheritdoc/>
    public long Refused { get; private set; }

    internal TConnection[] Connections
    {
        get
        {
            lock (_gate)
            {
                return [.. _open.Values];
            }
        }
    }

    /// <inheritdoc/>
    public int ConnectionCount
    {
        get
        {
            lock (_gate)
            {
                return _open.Count;
            }
        }
    }

    /// <inheritdoc/>
    public Totals Totals
    {
        get
        {
            lock (_gate)
            {
                return _open.Values.Aggregate(_closed, (sum, connection) => sum.Add(connection.Totals));
            }
        }
    }

    /// <summary>Whether connections end because the server does.</summary>
    private protected bool IsStopping => _stopping;

    /// <inheritdoc/>
    public void Stop()
    {
        if (Interlocked.Exchange(ref _stops, 1) != 0)
        {
            return;
        }

        _stopping = true;
        _acceptor.Dispose();
        _handshakes.Dispose();
        OnStopping();
        _ = Task.Run(StopConnectionsAsync);
        if (Interlocked.Exchange(ref _hasRun, 1) == 0)
        {
            Leave(null);
        }
    }

    /// <summary>Makes a connection of an accepted stream.</summary>
    private protected abstract TConnection Connect(Transport transport, SslProtocols tls);

    /// <summary>Serves a connection to its end, and closes it.</summary>
    private protected abstract Task ServeAsync(TConnection connection);

    /// <summary>Called when a connection has ended and is counted among the closed ones.</summary>
    private protected virtual void OnEnded(TConnection connection)
    {
    }

    /// <summary>Called once, when no further connection is let in.</summary>
    private protected virtual void OnStopping()
    {
    }

    /// <summary>Called once, when the last connection has ended.</summary>
    private protected virtual void OnCompleted()
    {
    }

    /// <summary>What happens to connections there is no room for, in words.</summary>
    private protected virtual string FateOfTooMany => "are closed at once";

    /// <summary>Called with a connection there is no room for; true when it takes care of the socket.</summary>
    private protected virtual bool TurnAway(Socket socket) => false;

    /// <summary>Begins to accept. Until then, whoever connects waits in the backlog, and the observer hears nothing.</summary>
    internal void Run()
    {
        if (Interlocked.Exchange(ref _hasRun, 1) == 0)
        {
            _ = AcceptAsync();
        }
    }

    private async Task AcceptAsync()
    {
        // The thread that starts the server is not to serve whoever waits already.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
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
                    $"{LocalEndPoint} already has {_options.MaxConnections} connections; further ones {FateOfTooMany} and are counted. Raise -MaxConnections, or close some."));
                if (TurnAway(socket))
                {
                    return false;
                }
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
            if (await _handshakes.OpenAsync(socket).ConfigureAwait(false) is not (Transport transport, SslProtocols tls))
            {
                return;
            }

            TConnection connection = Connect(transport, tls);
            lock (_gate)
            {
                _open.Add(connection.Id, connection);
            }

            try
            {
                await ServeAsync(connection).ConfigureAwait(false);
            }
            finally
            {
                lock (_gate)
                {
                    _open.Remove(connection.Id);
                    _closed = _closed.Add(connection.Totals);
                }

                OnEnded(connection);
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

    private async Task StopConnectionsAsync()
    {
        foreach (TConnection connection in Connections)
        {
            connection.BeginStop();
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

        foreach (TConnection connection in Connections)
        {
            connection.Abort();
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
            OnCompleted();
            _completion.TrySetResult();
        }
    }
}
