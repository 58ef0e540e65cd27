using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Native.Linux;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Udp;

/// <summary>Receives datagrams on one socket and answers them, until it is stopped.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Stop ends it, and Completion says when it has ended.")]
internal sealed class UdpServer : IDatagramHandler
{
    private const int StopGraceMilliseconds = 1000;

    private readonly UdpServerOptions _options;
    private readonly DatagramTransport _transport;
    private readonly PingPongGuard _guard;
    private readonly bool _answers;
    private readonly Queue<Unfinished> _unfinished = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long? _kernelDrops;
    private int _hasRun;
    private volatile bool _stopping;

    private UdpServer(UdpServerOptions options)
    {
        _options = options;
        Socket = UdpSockets.Bind(options.Binding);
        LocalEndPoint = (IPEndPoint)Socket.LocalEndPoint!;
        ReceiveBufferBytes = UdpSockets.ReceiveBuffer(Socket);
        _transport = DatagramTransport.Create(Socket, options.BufferBytes);
        _answers = options.Echo || options.Replies.Count > 0 || options.Handler is not null;
        _guard = new PingPongGuard(LocalEndPoint, options.OnFault);
    }

    internal IPEndPoint LocalEndPoint { get; }

    internal Socket Socket { get; }

    /// <summary>Completes when the server was stopped, or with the fault that ended it.</summary>
    internal Task Completion => _completion.Task;

    /// <summary>The size of the system's receive buffer in bytes.</summary>
    internal int ReceiveBufferBytes { get; }

    internal long MessagesReceived { get; private set; }

    internal long BytesReceived { get; private set; }

    internal long MessagesSent { get; private set; }

    internal long BytesSent { get; private set; }

    /// <summary>Datagrams from addresses that are not allowed, and those that must not be answered.</summary>
    internal long Refused { get; private set; }

    /// <summary>Datagrams the kernel dropped because they arrived faster than they were read; null if it does not report it.</summary>
    internal long? KernelDrops => SocketCalls.Drops(Socket) ?? _kernelDrops;

    /// <summary>Opens the port. Datagrams wait until <see cref="Run"/>.</summary>
    /// <exception cref="NetLabException">The endpoint cannot be bound.</exception>
    internal static UdpServer Bind(UdpServerOptions options) => new(options);

    /// <summary>Starts receiving. Until then, datagrams wait in the receive buffer of the socket.</summary>
    internal void Run()
    {
        if (Interlocked.Exchange(ref _hasRun, 1) == 0)
        {
            _ = CompleteAsync();
        }
    }

    /// <summary>Stops receiving; answers in progress get a second to be sent, and then the port is freed. Does not wait.</summary>
    internal void Stop()
    {
        _stopping = true;
        _transport.Interrupt();
        _ = Task.WhenAny(Completion, Task.Delay(StopGraceMilliseconds)).ContinueWith(_ => Close(), TaskScheduler.Default);
        Run(); // finds that it must end
    }

    void IDatagramHandler.OnDatagram(in Datagram datagram)
    {
        if ((_options.Filter is { } filter && !filter.IsAllowed(datagram.Peer.EndPoint.Address)) || IsSuspect(datagram))
        {
            Refused++;
            return;
        }

        MessagesReceived++;
        BytesReceived += datagram.Data.Length;
        UdpMessage? message = _options.Sink is not null || _options.Handler is not null ? NewMessage(datagram) : null;
        bool hasRoom = _options.Sink is null || (_unfinished.Count == 0 && _options.Sink.TryAdd(message!));
        if (!hasRoom || _options.Handler is not null)
        {
            // Slow work is done after the batch, in order.
            _unfinished.Enqueue(new Unfinished(message, hasRoom, datagram.Peer, datagram.Packet.Own, null));
        }

        if (_options.Echo)
        {
            Send(datagram.Data, datagram.Peer, datagram.Packet.Own);
        }

        for (int i = 0; i < _options.Replies.Count; i++)
        {
            Send(_options.Replies[i], datagram.Peer, datagram.Packet.Own);
        }
    }

    /// <summary>Whether a datagram must be dropped: it has no sender to answer, or one that would answer the answer.</summary>
    private bool IsSuspect(in Datagram datagram)
    {
        IPEndPoint peer = datagram.Peer.EndPoint;
        if (peer.Port == 0)
        {
            // Windows does not say who sent a datagram that was cut off.
            return !datagram.Truncated;
        }

        bool isOwn = peer.Port == LocalEndPoint.Port && (peer.Address.Equals(LocalEndPoint.Address) || peer.Address.Equals(datagram.Packet.Own));
        return _answers && (isOwn || PingPongGuard.IsQuiet(datagram.Peer));
    }

    private UdpMessage NewMessage(in Datagram datagram) => new(
        datagram.Peer.EndPoint,
        datagram.Packet.Destination is { } address ? new IPEndPoint(address, LocalEndPoint.Port) : LocalEndPoint,
        datagram.Data.ToArray(),
        MessagesReceived,
        _options.Encoding)
    {
        InterfaceIndex = datagram.Packet.InterfaceIndex,
        Truncated = datagram.Truncated,
        LostBytes = datagram.FullLength < 0 ? null : datagram.FullLength - datagram.Data.Length,
    };

    private void Close()
    {
        _kernelDrops = KernelDrops;
        _guard.Dispose();
        _transport.Dispose();
    }

    private async Task CompleteAsync()
    {
        // The caller's thread is done; what follows may run on the thread of an event loop.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await ReceiveAsync().ConfigureAwait(false);
            Close();
            _completion.TrySetResult();
        }
        catch (Exception error)
        {
            Close();
            _completion.TrySetException(new NetLabException(
                FaultKind.SocketError,
                $"The server on {LocalEndPoint} failed and has stopped: {error.Message}",
                error));
        }
    }

    private async Task ReceiveAsync()
    {
        while (!_stopping)
        {
            try
            {
                await _transport.WaitReadableAsync(CancellationToken.None).ConfigureAwait(false);
                if (!_transport.Receive(this))
                {
                    break;
                }

                while (_unfinished.TryDequeue(out Unfinished one))
                {
                    await FinishAsync(one).ConfigureAwait(false);
                }
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                if (!_stopping)
                {
                    // A pending error of the socket, such as an ICMP answer to an earlier datagram, must not end the server.
                    _options.OnFault?.Invoke(new NetLabException(FaultKind.SocketError, $"The socket on {LocalEndPoint} "
                        + $"reported: {(error is SocketException known ? SocketFaults.Words(known) : error.Message)}. The server keeps running.", error), LocalEndPoint);
                }
            }
        }
    }

    private async ValueTask FinishAsync(Unfinished one)
    {
        if (one.Payload is not null)
        {
            await SendAsync(one.Payload, one.Peer, one.From).ConfigureAwait(false);
            return;
        }

        if (!one.HasRoom)
        {
            await _options.Sink!.AddAsync(one.Message!).ConfigureAwait(false);
        }

        if (_options.Handler is { } handler)
        {
            await AnswerAsync(handler, one).ConfigureAwait(false);
        }
    }

    private async ValueTask AnswerAsync(Func<UdpMessage, IAsyncEnumerable<byte[]>> handler, Unfinished one)
    {
        try
        {
            await foreach (byte[] reply in handler(one.Message!).ConfigureAwait(false))
            {
                await SendAsync(reply, one.Peer, one.From).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is not (SocketException or ObjectDisposedException))
        {
            // A datagram that cannot be answered must not end the server.
            _options.OnFault?.Invoke(
                new NetLabException(
                    FaultKind.ReplyScriptFailed,
                    $"A datagram from {one.Peer.EndPoint} could not be answered: {error.Message}",
                    error),
                one.Peer.EndPoint);
        }
    }

    private void Send(ReadOnlySpan<byte> data, DatagramPeer peer, IPAddress? from)
    {
        try
        {
            if (_transport.TrySend(data, peer, Source(from)))
            {
                OnSent(data, peer);
            }
            else
            {
                _unfinished.Enqueue(new Unfinished(null, true, peer, from, data.ToArray()));
            }
        }
        catch (SocketException error)
        {
            ReportSend(error, peer, data.Length);
        }
    }

    private async ValueTask SendAsync(byte[] data, DatagramPeer peer, IPAddress? from)
    {
        try
        {
            while (!_transport.TrySend(data, peer, Source(from)))
            {
                await _transport.WaitWritableAsync(CancellationToken.None).ConfigureAwait(false);
            }

            OnSent(data, peer);
        }
        catch (SocketException error)
        {
            ReportSend(error, peer, data.Length);
        }
    }

    private void OnSent(ReadOnlySpan<byte> data, DatagramPeer peer)
    {
        MessagesSent++;
        BytesSent += data.Length;
        _guard.OnAnswer(peer, data);
    }

    /// <summary>The address to answer from: the one the datagram was sent to, unless it is a broadcast or multicast address.</summary>
    private static IPAddress? Source(IPAddress? asked) => asked is null || Addresses.IsMulticast(asked) || asked.Equals(IPAddress.Broadcast) ? null : asked;

    private void ReportSend(SocketException error, DatagramPeer peer, int length)
    {
        if (!_stopping)
        {
            _options.OnFault?.Invoke(SocketFaults.SendDatagram(error, peer.EndPoint, length), peer.EndPoint);
        }
    }

    /// <summary>A datagram whose handling has to wait or, with a payload, an answer that did not fit in the send buffer.</summary>
    private readonly record struct Unfinished(UdpMessage? Message, bool HasRoom, DatagramPeer Peer, IPAddress? From, byte[]? Payload);
}
