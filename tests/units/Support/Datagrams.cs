using System.Net;
using System.Net.Sockets;
using System.Text;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Udp;

namespace PSNetLab.Engine.Tests;

public enum DatagramKind
{
    Epoll,
    Portable,
}

/// <summary>A copy of a datagram, for when it has been handled.</summary>
internal sealed record ReceivedDatagram(byte[] Data, int FullLength, bool Truncated, DatagramPeer Peer, PacketSource Packet)
{
    internal string Text => Encoding.UTF8.GetString(Data);
}

/// <summary>Makes transports and reads them the way their users do it: wait, then take.</summary>
internal static class Datagrams
{
    /// <summary>The kinds this system has.</summary>
    internal static DatagramKind[] Kinds { get; } = EpollDatagramTransport.IsSupported
        ? [DatagramKind.Epoll, DatagramKind.Portable]
        : [DatagramKind.Portable];

    internal static IPEndPoint Loopback => new(IPAddress.Loopback, 0);

    internal static DatagramTransport Open(
        DatagramKind kind, IPEndPoint? endPoint = null, int bufferBytes = UdpServerOptions.MostDatagramBytes)
    {
        Socket socket = UdpSockets.Bind(new UdpBinding { EndPoint = endPoint ?? Loopback });
        return kind == DatagramKind.Portable
            ? new PortableDatagramTransport(socket, bufferBytes)
            : DatagramTransport.Create(socket, bufferBytes);
    }

    internal static IPEndPoint EndPoint(this DatagramTransport transport) => (IPEndPoint)transport.Socket.LocalEndPoint!;

    /// <summary>That many datagrams, as they come.</summary>
    internal static async Task<List<ReceivedDatagram>> ReceiveAsync(this DatagramTransport transport, int count)
    {
        Collector collector = new();
        while (collector.Received.Count < count)
        {
            await transport.WaitReadableAsync(CancellationToken.None).ConfigureAwait(false);
            Assert.True(transport.Receive(collector));
        }

        Assert.Equal(count, collector.Received.Count);
        return collector.Received;
    }

    /// <summary>Sends every datagram back until the transport is interrupted.</summary>
    internal static async Task EchoAsync(this DatagramTransport transport)
    {
        Collector collector = new();
        bool goOn = true;
        while (goOn)
        {
            await transport.WaitReadableAsync(CancellationToken.None).ConfigureAwait(false);
            goOn = transport.Receive(collector);
            foreach (ReceivedDatagram datagram in collector.Received)
            {
                while (!transport.TrySend(datagram.Data, datagram.Peer, datagram.Peer.Source))
                {
                    await transport.WaitWritableAsync(CancellationToken.None).ConfigureAwait(false);
                }
            }

            collector.Received.Clear();
        }
    }

    /// <summary>
    /// A plain socket that hears only what comes from the discard port, so that everybody else is refused, and no other test gets its port.
    /// </summary>
    internal static UdpClient NewDeaf()
    {
        UdpClient deaf = new(Loopback);
        deaf.Client.Connect(IPAddress.Loopback, 9);
        return deaf;
    }

    /// <summary>Makes it hear one socket, and no other.</summary>
    internal static void Hear(this UdpClient deaf, EndPoint one) => deaf.Client.Connect(one);

    internal static int Port(this UdpClient peer) => ((IPEndPoint)peer.Client.LocalEndPoint!).Port;

    /// <summary>A plain socket of the runtime, with nothing of the engine in it.</summary>
    internal static UdpClient NewPeer(EndPoint? to = null, IPAddress? from = null)
    {
        UdpClient peer = new(
            new IPEndPoint(from ?? (to?.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Loopback : IPAddress.Loopback), 0));
        if (to is not null)
        {
            peer.Client.Connect(to);
        }

        return peer;
    }

    internal static Task SendTextAsync(this UdpClient peer, string text) => peer.SendAsync(Encoding.UTF8.GetBytes(text)).Soon();

    internal static async Task<byte[]> NextAsync(this UdpClient peer) => (await peer.ReceiveAsync().Soon()).Buffer;

    internal static async Task<string> NextTextAsync(this UdpClient peer) => Encoding.UTF8.GetString(await peer.NextAsync());

    private sealed class Collector : IDatagramHandler
    {
        internal List<ReceivedDatagram> Received { get; } = [];

        public void OnDatagram(in Datagram datagram)
            => Received.Add(
                new ReceivedDatagram(datagram.Data.ToArray(), datagram.FullLength, datagram.Truncated, datagram.Peer, datagram.Packet));
    }
}
