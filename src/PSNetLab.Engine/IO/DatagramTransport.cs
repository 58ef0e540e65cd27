using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.IO;

/// <summary>A received datagram. Its data is valid only while it is being handled.</summary>
internal readonly ref struct Datagram
{
    internal required ReadOnlySpan<byte> Data { get; init; }

    /// <summary>
    /// The size of the datagram, or -1 if the system does not report it; more than <see cref="Data"/> if the buffer was
    /// too small.
    /// </summary>
    internal required int FullLength { get; init; }

    internal required bool Truncated { get; init; }

    internal required DatagramPeer Peer { get; init; }

    internal PacketSource Packet { get; init; }
}

/// <summary>
/// How a datagram arrived, if the system was asked for it: the address it was sent to (possibly of many hosts), the local
/// address to answer from, and the interface.
/// </summary>
internal readonly record struct PacketSource(IPAddress? Destination, IPAddress? Own, int InterfaceIndex);

/// <summary>
/// A sender of datagrams to one of our addresses: its endpoint, ready to be sent to. A host may talk to several of our addresses from one
/// port, and what it talks of with one has nothing to do with the others.
/// </summary>
internal sealed class DatagramPeer
{
    /// <param name="endPoint">Its endpoint.</param>
    /// <param name="source">The address to send to it from: the one that it has sent to. Null to let the system choose.</param>
    internal DatagramPeer(IPEndPoint endPoint, IPAddress? source = null)
    {
        EndPoint = Addresses.OfSocket(endPoint);
        Key = new DatagramPeerKey(endPoint.Serialize(), source);
    }

    internal IPEndPoint EndPoint { get; }

    internal DatagramPeerKey Key { get; }

    internal SocketAddress SocketAddress => Key.Remote;

    internal IPAddress? Source => Key.Source;

    /// <summary>How many answers a server has sent to it.</summary>
    internal long Answers;

    /// <summary>The number of answers after which the server checks again whether the peer answers answers.</summary>
    internal long NextLook = 4096;

    /// <summary>What a server keeps of it for as long as it remembers it.</summary>
    internal object? State;

    /// <summary>What a tap keeps of it.</summary>
    internal object? Tapped;

    /// <summary>Until when its datagrams are ignored, as <see cref="Environment.TickCount64"/>; 0 if they are not.</summary>
    internal long QuietUntil;
}

/// <summary>What makes two senders of datagrams the same one.</summary>
internal readonly record struct DatagramPeerKey(SocketAddress Remote, IPAddress? Source);

/// <summary>Handles datagrams as they arrive.</summary>
internal interface IDatagramHandler
{
    void OnDatagram(in Datagram datagram);
}

/// <summary>A UDP socket. One reader at a time; nothing here blocks a thread.</summary>
internal abstract class DatagramTransport : IDisposable
{
    private protected DatagramTransport(Socket socket, int bufferBytes)
    {
        Socket = socket;
        socket.Blocking = false;
        BufferBytes = bufferBytes;
    }

    internal Socket Socket { get; }

    /// <summary>Watches the datagrams in both directions. Without one, null, watching costs nothing.</summary>
    internal IDatagramTap? Tap { get; set; }

    /// <summary>The most bytes kept of a datagram.</summary>
    internal int BufferBytes { get; }

    /// <summary>The fastest transport on this system for a bound socket. On failure the socket is closed.</summary>
    /// <exception cref="SocketException">The system has no descriptors or no memory left for it.</exception>
    internal static DatagramTransport Create(Socket socket, int bufferBytes)
    {
        try
        {
            return EpollDatagramTransport.IsSupported
                ? new EpollDatagramTransport(socket, bufferBytes)
                : new PortableDatagramTransport(socket, bufferBytes);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Completes when there may be something to read.</summary>
    internal abstract ValueTask WaitReadableAsync(CancellationToken cancellationToken);

    /// <summary>Passes on the datagrams that are there, a batch at a time; false if reading was interrupted.</summary>
    /// <exception cref="SocketException">The socket has an error, such as an ICMP answer to an earlier datagram.</exception>
    internal bool Receive(IDatagramHandler handler) => ReceiveNow(Tap is { } tap ? new TappedDatagrams(tap, handler) : handler);

    /// <summary>Sends a datagram; false when the send buffer is full.</summary>
    /// <param name="data">The payload.</param>
    /// <param name="to">The receiver; null on a connected socket.</param>
    /// <param name="from">The local address to send from, or null to let the system choose.</param>
    /// <param name="interfaceIndex">The interface to send from regardless of the routes, on systems that allow it; 0 to
    /// let the system choose.</param>
    /// <exception cref="SocketException">The system refused it.</exception>
    internal bool TrySend(ReadOnlySpan<byte> data, DatagramPeer? to, IPAddress? from, int interfaceIndex = 0)
    {
        if (Tap is not { } tap)
        {
            return SendNow(data, to, from, interfaceIndex);
        }

        long before = Stopwatch.GetTimestamp();
        tap.OnSending(to, from, before);
        bool isSent = SendNow(data, to, from, interfaceIndex);
        if (isSent)
        {
            tap.OnSent(data, to, from, before);
        }

        return isSent;
    }

    /// <summary>Completes when there may be room in the send buffer again.</summary>
    internal abstract ValueTask WaitWritableAsync(CancellationToken cancellationToken);

    /// <summary>Ends the waiting, from any thread.</summary>
    internal abstract void Interrupt();

    /// <summary>Closes the socket and ends the waiting, from any thread.</summary>
    public void Dispose()
    {
        Close();
        Interrupt(); // last, so that who waited finds the socket closed
    }

    /// <inheritdoc cref="Receive"/>
    private protected abstract bool ReceiveNow(IDatagramHandler handler);

    /// <inheritdoc cref="TrySend"/>
    private protected abstract bool SendNow(ReadOnlySpan<byte> data, DatagramPeer? to, IPAddress? from, int interfaceIndex);

    private protected virtual void Close() => Socket.Dispose();

    /// <summary>Shows a tap what a handler gets.</summary>
    private sealed class TappedDatagrams(IDatagramTap tap, IDatagramHandler handler) : IDatagramHandler
    {
        public void OnDatagram(in Datagram datagram)
        {
            tap.OnReceived(datagram, Stopwatch.GetTimestamp());
            handler.OnDatagram(datagram);
        }
    }
}
