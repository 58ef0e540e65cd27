using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Capture;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Native.Linux;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Udp;

/// <summary>Receives datagrams on one socket and answers them, until it is stopped.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Stop ends it, and Completion says when it has ended.")]
internal sealed partial class UdpServer : IDatagramHandler
{
    private readonly UdpServerOptions _options;
    private readonly DatagramTransport _transport;
    private readonly PingPongGuard _guard;
    private readonly bool _answers;

    // Where answers come from other threads as well, who sends holds it.
    private readonly object? _sending;
    private readonly Queue<Unfinished> _unfinished = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long? _kernelDrops;
    private int _hasRun;
    private volatile bool _stopping;

    private UdpServer(UdpServerOptions options, Func<Socket, int, DatagramTransport> open)
    {
        _options = options;
        Socket = UdpSockets.Bind(options.Binding);
        LocalEndPoint = (IPEndPoint)Socket.LocalEndPoint!;
        ReceiveBufferBytes = UdpSockets.ReceiveBuffer(Socket);
        try
        {
            _transport = open(Socket, options.BufferBytes);
            DatagramTap.Attach(options.Transcript, _transport, isServer: true, options.Encoding);
        }
        catch (SocketException error)
        {
            throw SocketFaults.Listen(error, LocalEndPoint, ProtocolType.Udp, options.Binding.PortParameter);
        }

        _answers = options.Echo || options.Replies.Count > 0 || options.Handler is not null || options.Dialogue is not null;
        _atOnce = new SemaphoreSlim(options.ThrottleLimit);
        _sending = AnswersAside || options.Dialogue is not null ? new object() : null;
        _guard = new PingPongGuard(LocalEndPoint, options.OnFault);
    }

    internal IPEndPoint LocalEndPoint { get; }

    internal Socket Socket { get; }

    /// <inheritdoc cref="UdpServerOptions.Transcript"/>
    internal Transcript? Transcript => _options.Transcript;

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

    /// <summary>Answers that were not sent: the send buffer had no room for them, or too many waited.</summary>
    internal long AnswersDropped => Volatile.Read(ref _answersDropped);

    /// <summary>Datagrams the kernel dropped because they arrived faster than they were read; null if it does not report it.</summary>
    internal long? KernelDrops => SocketCalls.Drops(Socket) ?? _kernelDrops;

    /// <summary>Opens the port. Datagrams wait until <see cref="Run"/>.</summary>
    /// <param name="options">What it does.</param>
    /// <param name="open">Makes the transport of its socket; null for the fastest one.</param>
    /// <exception cref="NetLabException">The endpoint cannot be bound.</exception>
    internal static UdpServer Bind(UdpServerOptions options, Func<Socket, int, DatagramTransport>? open = null)
        => new(options, open ?? DatagramTransport.Create);

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
        _ending.Cancel();
        _ = Task.WhenAny(Completion, Task.Delay(StopGrace.Longest)).ContinueWith(_ => Close(), TaskScheduler.Default);
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
        UdpMessage? message = _options.Sink is not null || _options.Handler is not null || AnswersAside ? NewMessage(datagram) : null;
        bool hasRoom = _options.Sink is null || (_unfinished.Count == 0 && _options.Sink.TryAdd(message!));
        if (!hasRoom || _options.Handler is not null || AnswersAside)
        {
            // Slow work is done after the batch, in order.
            _unfinished.Enqueue(new Unfinished(message, hasRoom, datagram.Peer, null));
        }

        if (_options.Dialogue is not null && LoopThread.IsTurnOver)
        {
            _unfinished.Enqueue(new Unfinished(null, true, datagram.Peer, datagram.Data.ToArray(), IsQuestion: true));
        }
        else if (_options.Dialogue is not null)
        {
            Converse(datagram.Peer, datagram.Data);
        }
        else if (!AnswersAside)
        {
            Answer(datagram);
        }
    }

    /// <summary>Whether a datagram must be dropped: it has no sender to answer, or one that would answer the answer.</summary>
    private bool IsSuspect(in Datagram datagram)
    {
        IPEndPoint peer = datagram.Peer.EndPoint;
        if (peer.Port == 0)
        {
            // Windows does not say who sent a datagram that was cut off. It is recorded, and not answered.
            return !(OperatingSystem.IsWindows() && datagram.Truncated);
        }

        bool isOwn = peer.Port == LocalEndPoint.Port && (peer.Address.Equals(LocalEndPoint.Address)
            || peer.Address.Equals(datagram.Packet.Own));
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
            await EndAnswersAsync().ConfigureAwait(false);
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
                    _options.OnFault?.Invoke(SocketFaults.Reported(error, LocalEndPoint, "server"), LocalEndPoint);
                }
            }
        }
    }
}
