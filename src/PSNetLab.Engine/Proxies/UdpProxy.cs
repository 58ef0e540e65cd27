using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Capture;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Native.Linux;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Proxies;

/// <summary>Forwards datagrams between clients and one server, until it is stopped. Each client has a session.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Stop ends it, and Completion says when it has ended.")]
internal sealed partial class UdpProxy : IDatagramHandler
{
    /// <summary>The largest payload of a datagram, from its 16-bit length field (RFC 768).</summary>
    internal const int MostDatagramBytes = 65535;

    private static readonly TimeSpan s_longestPeriod = TimeSpan.FromSeconds(1);

    private readonly DatagramTransport _transport;
    private readonly Dictionary<DatagramPeerKey, UdpProxySession> _sessions = []; // also the lock
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? _sweeps;
    private Sums _ended;
    private long? _kernelDrops;
    private long _refused;
    private int _hasRun;
    private bool _isRefusing;
    private volatile bool _stopping;

    private UdpProxy(UdpProxyOptions options)
    {
        Options = options;
        Socket = UdpSockets.Bind(options.Binding);
        LocalEndPoint = (IPEndPoint)Socket.LocalEndPoint!;
        try
        {
            _transport = DatagramTransport.Create(Socket, MostDatagramBytes);
            DatagramTap.Attach(options.Transcript, _transport, isServer: true, TextEncoding.Default);
        }
        catch (SocketException error)
        {
            throw SocketFaults.Listen(error, LocalEndPoint, ProtocolType.Udp, options.Binding.PortParameter);
        }
    }

    internal UdpProxyOptions Options { get; }

    internal IPEndPoint LocalEndPoint { get; }

    internal Socket Socket { get; }

    /// <summary>Completes when the proxy was stopped, or with the fault that ended it.</summary>
    internal Task Completion => _completion.Task;

    /// <summary>Datagrams of clients that are not allowed, and of those for whom there was no session left.</summary>
    internal long Refused => Interlocked.Read(ref _refused);

    /// <summary>The sessions at this moment, the oldest first.</summary>
    internal UdpProxySession[] Sessions
    {
        get
        {
            lock (_sessions)
            {
                return [.. _sessions.Values.OrderBy(session => session.Faults.Number)];
            }
        }
    }

    internal int SessionCount
    {
        get
        {
            lock (_sessions)
            {
                return _sessions.Count;
            }
        }
    }

    /// <summary>Sums over all sessions, also those that have ended.</summary>
    internal Sums Totals
    {
        get
        {
            lock (_sessions)
            {
                return _sessions.Values.Aggregate(_ended, static (sum, session) => sum.Add(session));
            }
        }
    }

    /// <summary>Datagrams the system dropped because they arrived faster than they were read; null if it does not report it.</summary>
    internal long? KernelDrops => (_kernelDrops ?? SocketCalls.Drops(Socket)) + Totals.KernelDrops;

    /// <summary>Opens the port. Datagrams wait until <see cref="Run"/>.</summary>
    /// <exception cref="NetLabException">The endpoint cannot be bound.</exception>
    internal static UdpProxy Bind(UdpProxyOptions options) => new(options);

    internal void Run()
    {
        if (Interlocked.Exchange(ref _hasRun, 1) == 0)
        {
            TimeSpan quarter = Options.SessionTimeout / 4;
            TimeSpan period = quarter < s_longestPeriod ? quarter : s_longestPeriod;
            _sweeps = LateCheck.Repeat(Sweep, Options.Clock, period);
            _ = CompleteAsync();
        }
    }

    /// <summary>Frees the port and ends all sessions. Does not wait.</summary>
    internal void Stop()
    {
        _stopping = true;
        _kernelDrops ??= SocketCalls.Drops(Socket);
        _transport.Dispose();
        Run(); // finds that it must end
    }

    /// <inheritdoc/>
    void IDatagramHandler.OnDatagram(in Datagram datagram)
    {
        DatagramPeer peer = datagram.Peer;
        if (peer.EndPoint.Port == 0 || Options.Filter?.IsAllowed(peer.EndPoint.Address) == false
            || (peer.State as UdpProxySession is { HasEnded: false } known ? known : Enter(peer)) is not { } session)
        {
            Interlocked.Increment(ref _refused);
            return;
        }

        session.OnClientDatagram(datagram);
    }

    /// <summary>Sends a datagram to a client, from any thread.</summary>
    internal bool Send(ReadOnlySpan<byte> data, DatagramPeer client)
    {
        try
        {
            return _transport.TrySend(data, client, client.Source);
        }
        catch (SocketException error)
        {
            // A client that has left is told to the socket of all clients, and concerns none of the others.
            if (!_stopping && error.SocketErrorCode is not (SocketError.ConnectionRefused or SocketError.ConnectionReset))
            {
                Options.OnFault?.Invoke(SocketFaults.SendDatagram(error, client.EndPoint, data.Length), client.EndPoint);
            }

            return false;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>The session of a client, a new one if it has none; null if there are too many, or no descriptor for it.</summary>
    private UdpProxySession? Enter(DatagramPeer peer)
    {
        UdpProxySession? session;
        lock (_sessions)
        {
            if (_sessions.TryGetValue(peer.Key, out session))
            {
                peer.State = session; // the cache of peers has forgotten it
                return session;
            }

            if (_stopping)
            {
                return null;
            }

            bool isFull = _sessions.Count >= Options.MaxSessions;
            if (isFull || Descriptors.AreScarce)
            {
                TellRefusal(isFull);
                return null;
            }

            try
            {
                session = new UdpProxySession(this, peer, Connect());
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.TooManyOpenSockets)
            {
                Descriptors.NoteExhausted();
                TellRefusal(isFull: false);
                return null;
            }
            catch (SocketException error)
            {
                Options.OnFault?.Invoke(SocketFaults.Other(error, $"Cannot send to {Options.Upstream}"), peer.EndPoint);
                return null;
            }

            _isRefusing = false;
            _sessions.Add(peer.Key, session);
            peer.State = session;
        }

        Options.Opened?.Invoke(session.Session);
        session.Run();
        return session;
    }

    private Socket Connect()
    {
        Socket socket = new(Options.Upstream.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            Descriptors.Note(socket);
            UdpSockets.SetReceiveBuffer(socket, UdpBinding.DefaultReceiveBufferBytes / 4);
            socket.Connect(Options.Upstream);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Reports the first of several refusals in a row.</summary>
    /// <param name="isFull">Whether there are too many sessions; if not, too few descriptors.</param>
    private void TellRefusal(bool isFull)
    {
        if (_isRefusing)
        {
            return;
        }

        _isRefusing = true;
        Options.OnFault?.Invoke(
            isFull
                ? new NetLabException(
                    FaultKind.TooManyConnections,
                    $"{LocalEndPoint} already has {_sessions.Count} sessions; datagrams of other clients are dropped and counted in "
                        + "Refused. Raise -MaxSessions, or lower -SessionTimeoutSec.")
                : SocketFaults.NoDescriptors(
                    $"{LocalEndPoint} takes no new clients",
                    $"The last {Descriptors.Reserve} of {Descriptors.Limit} are reserved for other work; datagrams of other clients are "
                        + "dropped and counted in Refused. Raise the limit (ulimit -n), or lower -SessionTimeoutSec."),
            LocalEndPoint);
    }

    private void Sweep()
    {
        foreach (UdpProxySession session in Sessions)
        {
            if (session.IdleMilliseconds >= Options.SessionTimeout.TotalMilliseconds)
            {
                End(session, ProxyCloseReason.IdleTimeout);
            }
        }
    }

    private void End(UdpProxySession session, ProxyCloseReason reason)
    {
        lock (_sessions)
        {
            if (!_sessions.Remove(session.Client.Key))
            {
                return;
            }

            session.End(reason);
            _ended = _ended.Add(session);
        }

        Options.Closed?.Invoke(session.Session);
    }

    private async Task CompleteAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (!_stopping)
        {
            try
            {
                await _transport.WaitReadableAsync(CancellationToken.None).ConfigureAwait(false);
                if (!_transport.Receive(this))
                {
                    break;
                }
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                if (!_stopping)
                {
                    Options.OnFault?.Invoke(SocketFaults.Reported(error, LocalEndPoint, "proxy"), LocalEndPoint);
                }
            }
        }

        await LoopThread.Leave();
        _sweeps?.Dispose();
        foreach (UdpProxySession session in Sessions)
        {
            End(session, ProxyCloseReason.ProxyStopped);
        }

        _completion.TrySetResult();
    }
}
