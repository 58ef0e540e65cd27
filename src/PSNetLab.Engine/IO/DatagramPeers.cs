using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.IO;

/// <summary>A cache of recent senders, so that a datagram does not allocate an endpoint.</summary>
internal sealed class DatagramPeers
{
    // Only who was silent while so many others sent is forgotten.
    private const int MostPeers = 4096;

    private Dictionary<DatagramPeerKey, DatagramPeer> _peers = [];
    private Dictionary<DatagramPeerKey, DatagramPeer> _before = [];
    private readonly SocketAddress _key4 = new(AddressFamily.InterNetwork);
    private readonly SocketAddress _key6 = new(AddressFamily.InterNetworkV6);
    private DatagramPeer? _last;

    /// <summary>The peer for a struct sockaddr and the local address that it has sent to; null if the system does not say.</summary>
    internal DatagramPeer Find(ReadOnlySpan<byte> name, IPAddress? own)
    {
        // Many hosts have the address of a group, and none answers from it.
        IPAddress? source = own is null || Addresses.IsMulticast(own) || own.Equals(IPAddress.Broadcast) ? null : own;
        if (_last is not null && _last.SocketAddress.Buffer.Span[.._last.SocketAddress.Size].SequenceEqual(name)
            && Equals(_last.Source, source))
        {
            return _last;
        }

        SocketAddress remote = name.Length == _key4.Size ? _key4 : _key6;
        name.CopyTo(remote.Buffer.Span);
        DatagramPeerKey key = new(remote, source);
        if (!_peers.TryGetValue(key, out DatagramPeer? peer))
        {
            if (!_before.Remove(key, out peer))
            {
                IPEndPoint any = new(remote.Family == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
                peer = new DatagramPeer((IPEndPoint)any.Create(remote), source);
            }

            if (_peers.Count >= MostPeers)
            {
                (_before, _peers) = (_peers, _before);
                _peers.Clear();
            }

            _peers.Add(peer.Key, peer);
        }

        return _last = peer;
    }
}
