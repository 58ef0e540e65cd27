using System.Net;
using PSNetLab.Engine.Capture;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Servers;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Engine.Proxies;

/// <summary>Serves one connection through a proxy: dials the server, forwards both directions, and ends both sides alike.</summary>
/// <remarks>
/// An end of a stream is forwarded behind the bytes before it, and the other direction goes on. A reset is forwarded as a reset, at once.
/// </remarks>
internal sealed partial class TcpProxySession : IServedConnection, IFaulted
{
    private readonly Transport _client;
    private readonly TcpProxyOptions _options;
    private readonly IServerHost _host;
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _isDecided = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Transport? _upstream;
    private long _lastActivity = Environment.TickCount64;
    private int _hasEnded;
    private bool _isGraceful;
    private ConnectionFaults? _faults;

    internal TcpProxySession(Transport client, TcpProxyOptions options, IServerHost host)
    {
        _client = client;
        _options = options;
        _host = host;
        ToServer = new ProxyPipe(this, NetFaultDirection.ToServer, options.BufferLimit);
        ToClient = new ProxyPipe(this, NetFaultDirection.ToClient, options.BufferLimit);
        Connection = new ProxyConnection(this, Addresses.OfSocket(client.RemoteEndPoint), client.Tls);
        options.Faults.Enter(this, Connection.Client.Address);
    }

    /// <summary>The connection as users see it.</summary>
    internal ProxyConnection Connection { get; }

    internal ProxyPipe ToServer { get; }

    internal ProxyPipe ToClient { get; }

    /// <inheritdoc/>
    public ConnectionFaults Faults
    {
        get => _faults!;
        set => _faults = value;
    }

    /// <summary>Whether it must end, or has.</summary>
    internal bool HasEnded => Volatile.Read(ref _hasEnded) != 0;

    /// <summary>Cancelled when it must end.</summary>
    internal CancellationToken Ending => _ending.Token;

    internal ProxyConnectionState State => HasEnded ? ProxyConnectionState.Closed
        : Volatile.Read(ref _upstream) is null ? ProxyConnectionState.Connecting
        : ToServer.IsEnded || ToClient.IsEnded ? ProxyConnectionState.HalfClosed
        : ProxyConnectionState.Open;

    public long IdleMilliseconds => Environment.TickCount64 - Volatile.Read(ref _lastActivity);

    /// <summary>The bytes of the client, in and out. A connection counts as one message.</summary>
    public Totals Totals => new(ToServer.Received, ToClient.Passed, 1, 0, ToServer.Passed);

    public async Task ServeAsync()
    {
        try
        {
            Watch(_client);
            if (_host.IsStopping)
            {
                End(ProxyCloseReason.ProxyStopped);
            }

            FireEvents();
            if (await DialAsync().ConfigureAwait(false) is { } upstream)
            {
                await Task.WhenAll(ToServer.RunAsync(_client, upstream), ToClient.RunAsync(upstream, _client)).ConfigureAwait(false);
            }

            End(ProxyCloseReason.Finished);
        }
        catch (Exception error)
        {
            Fail(error, null);
        }

        // Whoever ends it may not be done yet with saying how.
        await _isDecided.Task.ConfigureAwait(false);
        await CloseAsync().ConfigureAwait(false);
    }

    public void CheckDeadline()
    {
        if (_options.IdleTimeout > TimeSpan.Zero && IdleMilliseconds >= _options.IdleTimeout.TotalMilliseconds)
        {
            string reason = $"Nothing was sent or received for {TimeText.Seconds(_options.IdleTimeout)}.";
            End(ProxyCloseReason.IdleTimeout, reason, isGraceful: true);
        }
        else if (!EpollLoop.IsSupported)
        {
            foreach (Transport side in new[] { _client, _upstream }.OfType<Transport>().Where(side => side.IsBroken))
            {
                OnBroken(side);
            }
        }
    }

    public void BeginStop()
    {
        // What is on its way has a moment to arrive; then the server aborts what is left.
    }

    public void Abort()
    {
        End(ProxyCloseReason.ProxyStopped);
        _client.Abort();
        Volatile.Read(ref _upstream)?.Abort();
    }

    public void Dispose() => End(ProxyCloseReason.Failed);

    public long Offset(NetFaultDirection direction)
        => (direction == NetFaultDirection.ToServer ? ToServer : ToClient).Received;

    public void OnFaultsChanged()
    {
        FireEvents();
        ToServer.Wake();
        ToClient.Wake();
        Volatile.Read(ref _clock)?.Wake();
    }

    /// <summary>Records that a fault has acted.</summary>
    internal void Note(NetFault fault) => (_client.Tap as StreamTap)?.NoteFault(fault.Way, fault.ToString());

    internal void Touch() => Volatile.Write(ref _lastActivity, Environment.TickCount64);

    /// <summary>Has <see cref="OnBroken"/> called for a side, also if that has happened already.</summary>
    private void Watch(Transport side)
    {
        side.Broken = () => OnBroken(side);
        Interlocked.MemoryBarrier();
        if (side.IsKnownBroken)
        {
            OnBroken(side);
        }
    }

    /// <summary>Called when one side was reset, or has failed. If somebody reads it, he finds out, after the bytes before it.</summary>
    internal void OnBroken(Transport side)
    {
        bool isClient = side == _client;
        if ((isClient ? ToServer : ToClient).IsHeldBack || Volatile.Read(ref _upstream) is null)
        {
            End(isClient ? ProxyCloseReason.ClientReset : ProxyCloseReason.ServerReset, isReset: true);
        }
    }

    /// <summary>Ends the connection because of an error of one side: the other is reset.</summary>
    internal void Fail(Exception error, Transport? side)
    {
        if (HasEnded)
        {
            return;
        }

        IPEndPoint remote = side is not null && side == _upstream ? Connection.Upstream! : Connection.Client;
        (TcpCloseReason reason, NetLabException fault) = TcpFaults.Ended(error, remote);
        if (side is not null && reason is TcpCloseReason.PeerReset or TcpCloseReason.PeerClosed)
        {
            End(side == _client ? ProxyCloseReason.ClientReset : ProxyCloseReason.ServerReset, isReset: true);
        }
        else
        {
            End(ProxyCloseReason.Failed, fault.Message, isReset: true);
            _host.Report(fault, remote);
        }
    }

    /// <summary>Ends both sides, from any thread; the first reason is kept.</summary>
    private void End(
        ProxyCloseReason reason, string? detail = null, bool isReset = false, bool isGraceful = false, ActiveFault? cause = null)
    {
        if (Interlocked.CompareExchange(ref _hasEnded, 1, 0) != 0)
        {
            return;
        }

        try
        {
            cause?.Hit();
            Connection.CloseReason = reason;
            Connection.CloseDetail = detail;
            Connection.NoteEnd();
            _isGraceful = isGraceful;
            Transport? upstream = Volatile.Read(ref _upstream);
            if (isReset)
            {
                _client.ResetOnDispose();
                upstream?.ResetOnDispose();
            }

            _ = _ending.CancelAsync();
            _client.Interrupt();
            upstream?.Interrupt();
            ToServer.Wake();
            ToClient.Wake();
            Volatile.Read(ref _clock)?.Wake();
        }
        finally
        {
            _isDecided.SetResult();
        }
    }

    private async Task CloseAsync()
    {
        _options.Faults.Leave(this);
        if (_isGraceful)
        {
            await Task.WhenAll(_client.CloseAsync(), _upstream?.CloseAsync() ?? Task.CompletedTask).ConfigureAwait(false);
        }
        else
        {
            _client.Dispose();
            _upstream?.Dispose();
        }

        Connection.Keep();
    }
}
