using System.Net.Sockets;
using PSNetLab.Engine.Capture;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Native.Linux;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Proxies;

/// <summary>A client of a UDP proxy, with a socket of its own to the server, so that answers find the way back.</summary>
internal sealed class UdpProxySession : IDatagramHandler, IFaulted
{
    private readonly UdpProxy _proxy;
    private readonly DatagramPeer _client;
    private readonly DatagramTransport _upstream;
    private ConnectionFaults? _faults;
    private long _lastActivity = Environment.TickCount64;
    private long _unreachable;
    private long _kernelDrops;
    private int _hasEnded;

    /// <param name="proxy">The proxy.</param>
    /// <param name="client">Who sent the first datagram.</param>
    /// <param name="socket">A socket that is connected to the server.</param>
    internal UdpProxySession(UdpProxy proxy, DatagramPeer client, Socket socket)
    {
        _proxy = proxy;
        _client = client;
        _upstream = DatagramTransport.Create(socket, UdpProxy.MostDatagramBytes);
        ToServer = new DatagramPipe(this, NetFaultDirection.ToServer, proxy.Options.BufferLimit, SendToServer);
        ToClient = new DatagramPipe(this, NetFaultDirection.ToClient, proxy.Options.BufferLimit, SendToClient);
        Session = new ProxySession(this, client.EndPoint, proxy.Options.Upstream);
        proxy.Options.Faults.Enter(this, client.EndPoint.Address);
    }

    /// <summary>The session as users see it.</summary>
    internal ProxySession Session { get; }

    internal DatagramPeer Client => _client;

    internal DatagramPipe ToServer { get; }

    internal DatagramPipe ToClient { get; }

    /// <inheritdoc/>
    public ConnectionFaults Faults
    {
        get => _faults!;
        set => _faults = value;
    }

    /// <summary>How often nobody listened at the server.</summary>
    internal long Unreachable => Interlocked.Read(ref _unreachable);

    /// <summary>Datagrams of the server that the system dropped; null where it does not say.</summary>
    internal long? KernelDrops => HasEnded ? _kernelDrops : SocketCalls.Drops(_upstream.Socket);

    internal bool HasEnded => Volatile.Read(ref _hasEnded) != 0;

    /// <summary>The milliseconds since a datagram came; 0 while some wait.</summary>
    internal long IdleMilliseconds
        => ToServer.IsHolding || ToClient.IsHolding ? 0 : Environment.TickCount64 - Volatile.Read(ref _lastActivity);

    public long Offset(NetFaultDirection direction)
        => (direction == NetFaultDirection.ToServer ? ToServer : ToClient).ReceivedBytes;

    public void OnFaultsChanged()
    {
        // Datagrams that wait keep their time.
    }

    /// <summary>Starts to forward what the server sends.</summary>
    internal void Run() => _ = ReceiveAsync();

    /// <summary>Forwards a datagram of the client.</summary>
    internal void OnClientDatagram(in Datagram datagram)
    {
        Touch();
        ToServer.OnDatagram(datagram.Data);
    }

    /// <inheritdoc/>
    void IDatagramHandler.OnDatagram(in Datagram datagram)
    {
        Touch();
        ToClient.OnDatagram(datagram.Data);
    }

    /// <summary>Records that a fault has acted.</summary>
    internal void Note(NetFault fault)
    {
        if (_client.Tapped is Conversation conversation)
        {
            _proxy.Options.Transcript?.Note(conversation, NetTranscriptKind.Fault, fault.Way, fault.ToString());
        }
    }

    /// <summary>Reports what should not happen, and goes on.</summary>
    internal void OnError(Exception error)
    {
        if (!HasEnded)
        {
            _proxy.Options.OnFault?.Invoke(
                error as NetLabException ?? new NetLabException(
                    FaultKind.SocketError,
                    $"The session with {_client.EndPoint} had an error: {error.Message} The proxy goes on.",
                    error),
                _client.EndPoint);
        }
    }

    internal void End(ProxyCloseReason reason)
    {
        if (Interlocked.Exchange(ref _hasEnded, 1) != 0)
        {
            return;
        }

        _kernelDrops = SocketCalls.Drops(_upstream.Socket) ?? 0;
        ToServer.Dispose();
        ToClient.Dispose();
        _upstream.Dispose();
        _proxy.Options.Faults.Leave(this);
        Session.NoteEnd(reason);
    }

    private void Touch() => Volatile.Write(ref _lastActivity, Environment.TickCount64);

    private async Task ReceiveAsync()
    {
        while (!HasEnded)
        {
            try
            {
                await _upstream.WaitReadableAsync(CancellationToken.None).ConfigureAwait(false);
                if (!_upstream.Receive(this))
                {
                    return;
                }
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                if (!IsRefusal(error) && !HasEnded)
                {
                    OnError(error);
                }
            }
        }
    }

    private bool SendToServer(ReadOnlySpan<byte> data)
    {
        // An answer to an earlier datagram, that nobody listens there, is reported by the next call, which then sends nothing.
        for (int attempt = 1; attempt <= 3; attempt++)
        {
            try
            {
                return _upstream.TrySend(data, null, null);
            }
            catch (SocketException error)
            {
                if (!IsRefusal(error))
                {
                    OnError(SocketFaults.SendDatagram(error, _proxy.Options.Upstream, data.Length));
                    return false;
                }
            }
            catch (ObjectDisposedException)
            {
                return false;
            }
        }

        return false;
    }

    private bool SendToClient(ReadOnlySpan<byte> data) => _proxy.Send(data, _client);

    private bool IsRefusal(Exception error)
    {
        bool isRefusal = error is SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.ConnectionReset };
        if (isRefusal)
        {
            Interlocked.Increment(ref _unreachable);
        }

        return isRefusal;
    }
}
