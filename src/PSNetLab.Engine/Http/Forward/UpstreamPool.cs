using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Http.Forward;

/// <summary>Keeps connections to the upstream for the next requests.</summary>
internal sealed class UpstreamPool(UpstreamOptions options) : IDisposable
{
    // A connection that was used a moment ago is hardly being closed now.
    private const long MomentMilliseconds = 500;

    // The oldest first.
    private readonly List<UpstreamConnection> _idle = [];
    private Timer? _pruning;
    private bool _isClosed;

    /// <summary>How many connections are idle.</summary>
    internal int Idle
    {
        get
        {
            lock (_idle)
            {
                return _idle.Count;
            }
        }
    }

    /// <summary>Takes an idle connection; null if there is none.</summary>
    /// <param name="mayRepeat">
    /// Whether the request can be sent again should the upstream just be closing the connection. If not, only one will do that was in use
    /// a moment ago.
    /// </param>
    internal UpstreamConnection? TryTake(bool mayRepeat)
    {
        while (true)
        {
            UpstreamConnection connection;
            lock (_idle)
            {
                if (_idle.Count == 0)
                {
                    return null;
                }

                connection = _idle[^1];
                if (!mayRepeat && Environment.TickCount64 - connection.IdleSince > MomentMilliseconds)
                {
                    return null;
                }

                _idle.RemoveAt(_idle.Count - 1);
            }

            if (connection.Http.MayReuse())
            {
                return connection;
            }

            connection.Dispose();
        }
    }

    /// <summary>Opens a connection.</summary>
    /// <exception cref="NetLabException">It cannot be opened.</exception>
    internal async Task<UpstreamConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Timeout);
        HttpConnectOptions connect = options.Connect with { Timeout = options.Timeout, Mends = false };
        HttpClientConnection http = await HttpConnector.ConnectAsync(
            options.Uri, connect, new DialTrace(), limit.Token, cancellationToken).ConfigureAwait(false);
        return new UpstreamConnection(http, options.Timeout);
    }

    /// <summary>Keeps a connection, or closes it if no other request may follow.</summary>
    internal void Give(UpstreamConnection connection)
    {
        if (connection.TryRest(Environment.TickCount64))
        {
            lock (_idle)
            {
                if (!_isClosed && _idle.Count < options.MostIdle)
                {
                    _idle.Add(connection);
                    _pruning ??= new Timer(static self => ((UpstreamPool)self!).Prune(), this, options.IdleTimeout, options.IdleTimeout);
                    return;
                }
            }
        }

        connection.Dispose();
    }

    public void Dispose()
    {
        UpstreamConnection[] left;
        lock (_idle)
        {
            _isClosed = true;
            left = [.. _idle];
            _idle.Clear();
            _pruning?.Dispose();
        }

        Array.ForEach(left, connection => connection.Dispose());
    }

    private void Prune()
    {
        UpstreamConnection[] old;
        lock (_idle)
        {
            long oldest = Environment.TickCount64 - (long)options.IdleTimeout.TotalMilliseconds;
            int count = _idle.FindIndex(connection => connection.IdleSince > oldest) is >= 0 and int found ? found : _idle.Count;
            old = [.. _idle.Take(count)];
            _idle.RemoveRange(0, count);
        }

        Array.ForEach(old, connection => connection.Dispose());
    }
}
