using System.Diagnostics.CodeAnalysis;
using System.Security.Authentication;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Tcp;

/// <summary>Listens on one endpoint and runs a session for each connection, until it is stopped.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Its end is Stop, and Completion tells when it is reached.")]
internal sealed class TcpServer : StreamServer<TcpConnection>
{
    private readonly TcpServerOptions _options;
    private readonly ITcpServerObserver _observer;
    private readonly Timer? _idleTimer;

    private TcpServer(TcpServerOptions options, ITcpServerObserver observer)
        : base(options, observer)
    {
        _options = options;
        _observer = observer;
        if (options.IdleTimeout > TimeSpan.Zero)
        {
            TimeSpan period = TimeSpan.FromMilliseconds(Math.Clamp(options.IdleTimeout.TotalMilliseconds / 4, 50, 5000));
            _idleTimer = new Timer(static self => ((TcpServer)self!).CloseIdle(), this, period, period);
        }
    }

    /// <summary>Opens the port; connections are accepted from <see cref="StreamServer{TConnection}.Run"/> on.</summary>
    /// <exception cref="NetLabException">The endpoint cannot be listened on.</exception>
    internal static TcpServer Bind(TcpServerOptions options, ITcpServerObserver observer) => new(options, observer);

    private protected override TcpConnection Connect(Transport transport, SslProtocols tls)
        => new(transport, _options.Framing, _options.Encoding, _options.MaxMessageBytes, tls);

    private protected override async Task ServeAsync(TcpConnection connection)
    {
        _observer.Opened(connection);
        try
        {
            if (IsStopping)
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

            connection.Close(IsStopping ? TcpCloseReason.ServerStopped : TcpCloseReason.PeerClosed, detail);
        }
        catch (Exception error)
        {
            if (IsStopping)
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

    private protected override void OnEnded(TcpConnection connection) => _observer.Closed(connection);

    private protected override void OnCompleted() => _idleTimer?.Dispose();

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
}
