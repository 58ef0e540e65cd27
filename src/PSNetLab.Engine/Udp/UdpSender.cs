using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using PSNetLab.Engine.Capture;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Native.Linux;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Udp;

/// <summary>How to send datagrams.</summary>
internal sealed record UdpSendOptions
{
    internal required IPEndPoint Remote { get; init; }

    /// <summary>The local address and port; null to let the system choose.</summary>
    internal IPEndPoint? Local { get; init; }

    internal Encoding Encoding { get; init; } = TextEncoding.Default;

    internal bool Broadcast { get; init; }

    internal NetworkCard? Interface { get; init; }

    internal int? TimeToLive { get; init; }

    /// <summary>Receives the answers; null to receive none.</summary>
    internal Mailbox<UdpMessage>? Replies { get; init; }

    /// <summary>Where datagrams are recorded; null for nowhere.</summary>
    internal Transcript? Transcript { get; init; }
}

/// <summary>Sends datagrams to one endpoint and receives the answers.</summary>
/// <remarks>
/// For a single host the socket is connected, so that the system reports when nothing listens there (udp(7)). For a group
/// it is not, so that it accepts answers from anyone.
/// </remarks>
internal sealed class UdpSender : IDatagramHandler, IDisposable
{
    private const int IPv4Header = 20;
    private const int IPv6Header = 40;
    private const int UdpHeader = 8;

    private readonly UdpSendOptions _options;
    private readonly DatagramTransport _transport;
    private readonly DatagramPeer? _to;
    private readonly IPAddress? _source;
    private readonly int _interfaceIndex;
    private volatile bool _disposed;

    private UdpSender(UdpSendOptions options, Socket socket, bool isConnected)
    {
        _options = options;
        _to = isConnected ? null : new DatagramPeer(options.Remote);
        _transport = DatagramTransport.Create(socket, UdpServerOptions.MostDatagramBytes);
        DatagramTap.Attach(options.Transcript, _transport, isServer: false, options.Encoding);
        LocalEndPoint = (IPEndPoint)socket.LocalEndPoint!;
        if (options.Broadcast && options.Interface is { } card)
        {
            // With two interfaces in one network, the routes would always choose the same one.
            _source = LocalEndPoint.Address;
            _interfaceIndex = card.Index4;
        }

        if (options.Replies is not null)
        {
            _ = ReceiveAsync(options.Replies);
        }
    }

    internal IPEndPoint LocalEndPoint { get; }

    internal long MessagesSent { get; private set; }

    internal long BytesSent { get; private set; }

    internal long RepliesReceived { get; private set; }

    /// <summary>The error that the system reported for an earlier datagram, such as that nothing is listening.</summary>
    internal NetLabException? Fault { get; private set; }

    /// <summary>
    /// The largest payload that reaches the endpoint in one packet; null if the system does not report it (ip(7),
    /// IP_MTU).
    /// </summary>
    internal int? UnfragmentedBytes
    {
        get
        {
            if (_to is not null || !OperatingSystem.IsLinux())
            {
                return null;
            }

            bool six = _transport.Socket.AddressFamily == AddressFamily.InterNetworkV6;
            Span<int> mtu = stackalloc int[1];
            _transport.Socket.GetRawSocketOption(
                six ? SocketCalls.LevelIPv6 : SocketCalls.LevelIP,
                six ? SocketCalls.IPv6PathMtu : SocketCalls.PathMtu,
                MemoryMarshal.AsBytes(mtu));
            return mtu[0] - (six ? IPv6Header : IPv4Header) - UdpHeader;
        }
    }

    /// <exception cref="NetLabException">The system refused the socket or the endpoint.</exception>
    internal static UdpSender Open(UdpSendOptions options)
    {
        bool isConnected = !options.Broadcast && !Addresses.IsMulticast(options.Remote.Address);
        Socket socket = UdpSockets.Bind(new UdpBinding
        {
            EndPoint = options.Local ?? new IPEndPoint(
                options.Remote.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0),
            Broadcast = options.Broadcast,
            PortParameter = "-LocalPort",
            TellRefusals = isConnected,
        });
        try
        {
            UdpSockets.SetOutgoing(socket, options.Interface, options.TimeToLive);
            if (isConnected)
            {
                socket.Connect(options.Remote);
            }

            return new UdpSender(options, socket, isConnected);
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw SocketFaults.SendDatagram(error, options.Remote, 0);
        }
    }

    /// <summary>Sends one datagram.</summary>
    /// <exception cref="NetLabException">The system refused it.</exception>
    internal async ValueTask SendAsync(byte[] data, CancellationToken cancellationToken)
    {
        while (!TrySend(data))
        {
            await _transport.WaitWritableAsync(cancellationToken).ConfigureAwait(false);
        }

        MessagesSent++;
        BytesSent += data.Length;
    }

    internal UdpMessage NewSentMessage(byte[] data) => new(_options.Remote, LocalEndPoint, data, MessagesSent, _options.Encoding);

    public void Dispose()
    {
        _disposed = true;
        _transport.Dispose();
    }

    void IDatagramHandler.OnDatagram(in Datagram datagram)
    {
        RepliesReceived++;
        _options.Replies!.TryAdd(new UdpMessage(
            datagram.Peer.EndPoint, LocalEndPoint, datagram.Data.ToArray(), RepliesReceived, _options.Encoding)
        {
            Interface = _options.Interface?.Alias,
            InterfaceIndex = datagram.Packet.InterfaceIndex,
        });
    }

    private bool TrySend(byte[] data)
    {
        while (true)
        {
            try
            {
                return _transport.TrySend(data, _to, _source, _interfaceIndex);
            }
            catch (SocketException error) when (error.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset)
            {
                // The error is about an earlier datagram. Reporting it has cleared it, so this one can still be sent.
                Fault = SocketFaults.SendDatagram(error, _options.Remote, data.Length);
            }
            catch (SocketException error)
            {
                throw SocketFaults.SendDatagram(error, _options.Remote, data.Length);
            }
        }
    }

    private async Task ReceiveAsync(Mailbox<UdpMessage> replies)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (!_disposed)
        {
            try
            {
                await _transport.WaitReadableAsync(CancellationToken.None).ConfigureAwait(false);
                if (!_transport.Receive(this))
                {
                    break;
                }
            }
            catch (SocketException error)
            {
                Fault = SocketFaults.SendDatagram(error, _options.Remote, 0);
                if (_to is null)
                {
                    break; // one host, and nobody listens there: there will be no answer
                }
            }
            catch (ObjectDisposedException)
            {
                break;
            }
        }

        if (_to is null)
        {
            replies.Complete();
        }
    }
}
