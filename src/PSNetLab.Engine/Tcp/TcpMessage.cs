using System.Net;
using System.Text;
using PSNetLab.Engine.Messages;

namespace PSNetLab;

/// <summary>One message of a TCP stream, as the framing of its connection cut it out.</summary>
public sealed class TcpMessage : IReceivedMessage
{
    private readonly Encoding _encoding;
    private string? _text;

    internal TcpMessage(TcpConnection connection, byte[] data, long sequence, int reads, bool truncated)
    {
        Time = DateTime.Now;
        RemoteEndPoint = connection.RemoteEndPoint;
        LocalEndPoint = connection.LocalEndPoint;
        ConnectionId = connection.Id;
        Sequence = sequence;
        Data = data;
        Reads = reads;
        Truncated = truncated;
        _encoding = connection.Encoding;
    }

    /// <summary>When the message was complete here, in local time.</summary>
    public DateTime Time { get; }

    /// <summary>The address and port of the peer.</summary>
    public IPEndPoint RemoteEndPoint { get; }

    /// <summary>The address and port on this side.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>The <see cref="TcpConnection.Id"/> of its connection.</summary>
    public int ConnectionId { get; }

    /// <summary>The number of the message within its connection and direction, from 1.</summary>
    public long Sequence { get; }

    /// <summary>The number of bytes in <see cref="Data"/>.</summary>
    public int Length => Data.Length;

    /// <summary>The bytes, without header or delimiter.</summary>
    public byte[] Data { get; }

    /// <summary>The bytes decoded with the encoding of the connection; what is not valid in it shows as U+FFFD.</summary>
    public string Text => _text ??= _encoding.GetString(Data);

    /// <summary>How many reads of the socket brought these bytes; 0 for a message that was sent.</summary>
    public int Reads { get; }

    /// <summary>Whether the stream ended before the frame did: this is what had come.</summary>
    public bool Truncated { get; }

    /// <summary>The text.</summary>
    public override string ToString() => Text;
}
