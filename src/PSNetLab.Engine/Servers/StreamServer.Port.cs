using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Servers;

/// <content>The port, which may be closed for a while.</content>
internal sealed partial class StreamServer
{
    // Guarded by the port's lock.
    private TaskCompletionSource? _closed;
    private Socket? _reserved;
    private IReadOnlyList<Socket> _waiting = [];

    /// <summary>Closes the port, so that new clients are refused. Connections are not affected.</summary>
    internal void ClosePort()
    {
        lock (_port)
        {
            if (!_stopping && _closed is null)
            {
                _closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiting = [.. _waiting, .. _listener.TakeWaiting()];
                _listener.Dispose();
                try
                {
                    _reserved = StreamListener.Reserve(LocalEndPoint, _options.ReuseAddress);
                }
                catch (SocketException)
                {
                    // The connections of the port are in the way. They may be gone when it is opened again.
                }
            }
        }
    }

    /// <summary>Opens the port again that <see cref="ClosePort"/> has closed.</summary>
    /// <exception cref="NetLabException">That is not possible now.</exception>
    internal void ReopenPort()
    {
        lock (_port)
        {
            if (!_stopping && _closed is not null)
            {
                Socket? reserved = _reserved;
                _reserved = null;
                _listener = Listen(LocalEndPoint, reserved);
                _closed.TrySetResult();
                _closed = null;
            }
        }
    }

    /// <summary>Waits while the port is closed; false if the server is stopping.</summary>
    private async ValueTask<bool> IsOpenAgainAsync(StreamListener last)
    {
        Task? opening;
        lock (_port)
        {
            opening = _closed?.Task;
        }

        if (opening is not null)
        {
            await opening.ConfigureAwait(false);
        }

        return !_stopping && _listener != last;
    }

    /// <summary>Those who had connected before the port was closed.</summary>
    private IReadOnlyList<Socket> TakeWaiting()
    {
        lock (_port)
        {
            IReadOnlyList<Socket> waiting = _waiting;
            _waiting = [];
            return waiting;
        }
    }

    private StreamListener Listen(EndPoint endPoint, Socket? reserved = null)
        => StreamListener.Open(endPoint, _options.Backlog, ReportFull, _options.ReuseAddress, reserved);
}
