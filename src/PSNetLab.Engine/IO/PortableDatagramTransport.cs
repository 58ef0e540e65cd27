using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.IO;

/// <summary>A UDP socket through the runtime's own asynchronous I/O, for systems without epoll.</summary>
internal sealed class PortableDatagramTransport : DatagramTransport
{
    private readonly CancellationTokenSource _interrupted = new();
    private readonly PoolTurn _turn = new();
    private readonly byte[] _buffer;
    private readonly EndPoint _any;
    private readonly DatagramPeers _peers = new();
    private (int Length, bool Truncated, EndPoint Remote, IPPacketInformation Packet)? _waiting;

    internal PortableDatagramTransport(Socket socket, int bufferBytes)
        : base(socket, bufferBytes)
    {
        _buffer = new byte[bufferBytes];
        _any = new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
    }

    internal override async ValueTask WaitReadableAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(_interrupted.Token, cancellationToken);
        try
        {
            ValueTask<SocketReceiveMessageFromResult> received =
                Socket.ReceiveMessageFromAsync(_buffer, SocketFlags.None, _any, either.Token);
            bool waits = !received.IsCompleted;
            SocketReceiveMessageFromResult result = await received.ConfigureAwait(false);
            await _turn.ContinueAsync(hasWaited: waits).ConfigureAwait(false);
            _waiting =
                (result.ReceivedBytes, result.SocketFlags.HasFlag(SocketFlags.Truncated), result.RemoteEndPoint, result.PacketInformation);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.MessageSize)
        {
            // Windows reports an error instead of setting a flag; the part that fit is in the buffer, but the sender is unknown.
            _waiting = (BufferBytes, true, _any, default);
        }
        catch (OperationCanceledException) when (_interrupted.IsCancellationRequested)
        {
        }
    }

    private protected override bool ReceiveNow(IDatagramHandler handler)
    {
        if (_interrupted.IsCancellationRequested)
        {
            return false;
        }

        if (_waiting is { } received)
        {
            _waiting = null;
            IPAddress? local = received.Packet.Address is { } address ? Addresses.OfSocket(address) : null;
            handler.OnDatagram(new Datagram
            {
                Data = _buffer.AsSpan(0, received.Length),
                FullLength = received.Truncated ? -1 : received.Length,
                Truncated = received.Truncated,
                Peer = Find(received.Remote, local),
                Packet = new PacketSource(local, local, received.Packet.Interface),
            });
        }

        return true;
    }

    private protected override bool SendNow(ReadOnlySpan<byte> data, DatagramPeer? to, IPAddress? from, int interfaceIndex)
    {
        try
        {
            _ = to is null ? Socket.Send(data) : Socket.SendTo(data, SocketFlags.None, to.SocketAddress);
            return true;
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable)
        {
            return false;
        }
    }

    internal override async ValueTask WaitWritableAsync(CancellationToken cancellationToken)
    {
        // There is no portable event for this; the send buffer of a UDP socket drains within moments.
        await Task.Delay(1, cancellationToken).ConfigureAwait(false);
    }

    internal override void Interrupt() => _interrupted.Cancel();

    private DatagramPeer Find(EndPoint remote, IPAddress? own)
    {
        SocketAddress address = remote.Serialize();
        return _peers.Find(address.Buffer.Span[..address.Size], own);
    }
}
