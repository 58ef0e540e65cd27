using System.Net;
using System.Net.Sockets;
using System.Text;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Capture;

/// <summary>Records the datagrams of a socket in a transcript, as one conversation for each peer.</summary>
internal sealed class DatagramTap : IDatagramTap
{
    private readonly object _first = new();
    private readonly Transcript _transcript;
    private readonly NetTranscriptDirection _incoming;
    private readonly IPEndPoint _local;
    private readonly DatagramPeer? _connected;
    private readonly Encoding _encoding;

    private DatagramTap(Transcript transcript, Socket socket, bool isServer, Encoding encoding)
    {
        _transcript = transcript;
        _encoding = encoding;
        _incoming = isServer ? NetTranscriptDirection.ToServer : NetTranscriptDirection.ToClient;
        _local = Addresses.OfSocket((IPEndPoint)socket.LocalEndPoint!);
        _connected = socket.Connected ? new DatagramPeer((IPEndPoint)socket.RemoteEndPoint!) : null;
    }

    /// <summary>Records what a socket receives and sends from now on.</summary>
    /// <param name="transcript">Where; null for nowhere.</param>
    /// <param name="transport">The socket; connected first, if it is to be.</param>
    /// <param name="isServer">Whether this side is the server.</param>
    /// <param name="encoding">How its text is encoded.</param>
    internal static void Attach(Transcript? transcript, DatagramTransport transport, bool isServer, Encoding encoding)
    {
        if (transcript is not null)
        {
            transport.Tap = new DatagramTap(transcript, transport.Socket, isServer, encoding);
        }
    }

    /// <inheritdoc/>
    public void OnReceived(in Datagram datagram, long timestamp)
        => Add(Find(_connected ?? datagram.Peer, datagram.Packet.Own, timestamp), _incoming, datagram.Data, timestamp);

    /// <inheritdoc/>
    public void OnSending(DatagramPeer? to, IPAddress? from, long timestamp) => Find(to ?? _connected!, from, timestamp);

    /// <inheritdoc/>
    public void OnSent(ReadOnlySpan<byte> data, DatagramPeer? to, IPAddress? from, long timestamp)
        => Add(Find(to ?? _connected!, from, timestamp), 1 - _incoming, data, timestamp);

    /// <summary>Records a datagram. Its thread may have taken the time before the one that recorded the beginning.</summary>
    private void Add(Conversation conversation, NetTranscriptDirection direction, ReadOnlySpan<byte> data, long timestamp)
        => _transcript.Add(conversation, NetTranscriptKind.Data, direction, data, Math.Max(timestamp, conversation.Start));

    private Conversation Find(DatagramPeer peer, IPAddress? own, long timestamp)
    {
        if (peer.Tapped is Conversation known)
        {
            return known;
        }

        IPEndPoint local = own is null ? _local : new IPEndPoint(own, _local.Port);
        bool isServer = _incoming == NetTranscriptDirection.ToServer;
        Conversation first = new()
        {
            Id = ConnectionIds.Next(),
            Start = timestamp,
            Protocol = NetTranscriptProtocol.Udp,
            Encoding = _encoding,
            Client = isServer ? peer.EndPoint : local,
            Server = isServer ? local : peer.EndPoint,
        };

        // Sender and receiver may meet here, and whoever knows it may record what follows.
        lock (_first)
        {
            if (peer.Tapped is Conversation other)
            {
                return other;
            }

            _transcript.Add(first, NetTranscriptKind.Opened, null, default, timestamp);
            Volatile.Write(ref peer.Tapped, first);
            return first;
        }
    }
}
