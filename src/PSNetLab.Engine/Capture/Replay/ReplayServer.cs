using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Capture.Replay;

/// <summary>Plays the side of a server to the next client, once.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Stop may come at any time, also after the end.")]
internal sealed class ReplayServer
{
    private const int Backlog = 1;

    private readonly ReplayScript _script;
    private readonly ReplayOptions _options;
    private readonly ReplayComparison _comparison;
    private readonly StreamListener _listener;
    private readonly TcpHandshakes _handshakes;
    private readonly CancellationTokenSource _stop = new();

    private ReplayServer(
        ReplayScript script,
        ReplayOptions options,
        ReplayComparison comparison,
        StreamListener listener,
        TlsServerOptions? tls,
        Action<Exception> onFault)
    {
        _script = script;
        _options = options;
        _comparison = comparison;
        _listener = listener;
        _handshakes = new TcpHandshakes(tls, listener.Group, (fault, _) => onFault(fault));
    }

    internal IPEndPoint LocalEndPoint => (IPEndPoint)_listener.LocalEndPoint;

    internal Socket Socket => _listener.Socket;

    /// <summary>Opens the port. Clients wait until <see cref="RunAsync"/>.</summary>
    /// <param name="endPoint">Where to listen.</param>
    /// <param name="script">What to play.</param>
    /// <param name="options">How.</param>
    /// <param name="comparison">Gets what the client sends.</param>
    /// <param name="tls">How to speak TLS; null for not.</param>
    /// <param name="onFault">Told of clients that cannot be accepted.</param>
    /// <exception cref="NetLabException">The port cannot be opened.</exception>
    internal static ReplayServer Bind(
        IPEndPoint endPoint,
        ReplayScript script,
        ReplayOptions options,
        ReplayComparison comparison,
        TlsServerOptions? tls,
        Action<Exception> onFault)
        => new(script, options, comparison, StreamListener.Open(endPoint, Backlog, fault => onFault(fault())), tls, onFault);

    /// <summary>Accepts a client, closes the port, and plays; null if it was stopped before.</summary>
    internal async Task<NetReplayResult?> RunAsync()
    {
        try
        {
            while (await _listener.AcceptAsync().ConfigureAwait(false) is { } socket)
            {
                if (await _handshakes.OpenAsync(socket).ConfigureAwait(false) is { } transport)
                {
                    _listener.Dispose();
                    using ReplayRun run = new(_script, _options, _comparison, transport);
                    return await run.RunAsync(_stop.Token).ConfigureAwait(false);
                }

                socket.Dispose();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // It was stopped.
        }

        return null;
    }

    /// <summary>Ends it soon.</summary>
    internal void Stop()
    {
        _stop.Cancel();
        _handshakes.Dispose();
        _listener.Dispose();
    }
}
