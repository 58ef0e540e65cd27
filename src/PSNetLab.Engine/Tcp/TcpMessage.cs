using System.Net;
using System.Text;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>One message of a TCP stream, as the framing of its connection delimits it.</summary>
public sealed class TcpMessage : IReceivedMessage
{
    private const char ByteOrderMark = '\ufeff';

    private readonly Encoding _encoding;
    private string? _text;

    internal TcpMessage(TcpConnection connection, byte[] data, long sequence, int reads, bool truncated)
    {
        Moment = DateTime.Now;
        Remote = connection.Remote;
        Local = connection.Local;
        ConnectionId = connection.Id;
        Sequence = sequence;
        Bytes = data;
        Reads = reads;
        Truncated = truncated;
        _encoding = connection.TextEncoding;
    }

    /// <summary>When the message was completely received or sent, in local time.</summary>
    public object Time => FileValue.With(Moment);

    /// <summary>The address and port of the peer, as text that has an Address and a Port.</summary>
    public object RemoteEndPoint => EndPointText.Of(Remote);

    /// <summary>The address and port on this side, as text that has an Address and a Port.</summary>
    public object LocalEndPoint => EndPointText.Of(Local);

    /// <summary>The <see cref="TcpConnection.Id"/> of the connection.</summary>
    public int ConnectionId { get; }

    /// <summary>The number of the message within its connection and direction, from 1.</summary>
    public long Sequence { get; }

    /// <summary>The number of bytes in <see cref="Data"/>.</summary>
    public int Length => Bytes.Length;

    /// <summary>The bytes, without header or delimiter.</summary>
    public object Data => FileValue.With(Bytes);

    /// <summary>
    /// The bytes decoded with the encoding of the connection; invalid bytes appear as U+FFFD, and a byte order mark at the start of the
    /// stream does not appear.
    /// </summary>
    public string Text => _text ??= Decode();

    /// <summary>How many reads of the socket it took; 0 for a message that was sent.</summary>
    public int Reads { get; }

    /// <summary>Whether the stream ended before the frame did, so that this is only its beginning.</summary>
    public bool Truncated { get; }

    internal DateTime Moment { get; }

    internal byte[] Bytes { get; }

    internal IPEndPoint Remote { get; }

    internal IPEndPoint Local { get; }

    IPEndPoint IReceivedMessage.Remote => Remote;

    byte[] IReceivedMessage.Bytes => Bytes;

    /// <inheritdoc/>
    public override string ToString() => Text;

    private string Decode()
    {
        string text = _encoding.GetString(Bytes);
        bool startsStream = Sequence == 1 && Reads > 0;
        return startsStream && text.StartsWith(ByteOrderMark) ? text[1..] : text;
    }
}
