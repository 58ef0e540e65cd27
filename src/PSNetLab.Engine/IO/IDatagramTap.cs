using System.Net;

namespace PSNetLab.Engine.IO;

/// <summary>Watches the datagrams of a socket go by, in both directions, like <see cref="ITap"/> a stream.</summary>
internal interface IDatagramTap
{
    /// <summary>Called with each datagram that arrives, before it is handled.</summary>
    void OnReceived(in Datagram datagram, long timestamp);

    /// <summary>Called before a datagram is handed to the system: another thread may see an answer before <see cref="OnSent"/>.</summary>
    void OnSending(DatagramPeer? to, IPAddress? from, long timestamp);

    /// <summary>Called with a datagram that the system has accepted to send.</summary>
    /// <param name="data">The payload.</param>
    /// <param name="to">The receiver; null on a connected socket.</param>
    /// <param name="from">The local address that it is sent from, if it was chosen.</param>
    /// <param name="timestamp">The time just before it was handed to the system.</param>
    void OnSent(ReadOnlySpan<byte> data, DatagramPeer? to, IPAddress? from, long timestamp);
}
