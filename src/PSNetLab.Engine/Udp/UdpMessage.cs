using System.Net;
using System.Text;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>A datagram that was received or sent. Unlike a stream, UDP keeps its boundaries (RFC 768).</summary>
public sealed class UdpMessage : IReceivedMessage
{
    private readonly Encoding _encoding;
    private string? _text;
    private string? _interface;

    internal UdpMessage(IPEndPoint remote, IPEndPoint local, byte[] data, long sequence, Encoding encoding)
    {
        Moment = DateTime.Now;
        Remote = remote;
        Local = local;
        Bytes = data;
        Sequence = sequence;
        _encoding = encoding;
    }

    /// <summary>When the datagram was read from the operating system, or handed to it to send, in local time.</summary>
    public object Time => FileValue.With(Moment);

    /// <summary>The address and port of the peer, as text that has an Address and a Port.</summary>
    public object RemoteEndPoint => EndPointText.Of(Remote);

    /// <summary>
    /// The address and port on this side: for a received datagram, the ones it was sent to, as text that has an Address and a Port.
    /// </summary>
    public object LocalEndPoint => EndPointText.Of(Local);

    /// <summary>The interface it arrived on, if known.</summary>
    public string? Interface
    {
        // Looked up only when somebody asks: the thread that receives must not wait for a list of interfaces.
        get => _interface ??= NetworkCard.Name(InterfaceIndex);
        internal init => _interface = value;
    }

    /// <summary>The number of the datagram among those of its socket and direction, from 1.</summary>
    public long Sequence { get; }

    /// <summary>The number of bytes in <see cref="Data"/>.</summary>
    public int Length => Bytes.Length;

    /// <summary>The payload, or the part of it that fit into the buffer.</summary>
    public object Data => FileValue.With(Bytes);

    /// <summary>The payload decoded; invalid bytes appear as U+FFFD.</summary>
    public string Text => _text ??= _encoding.GetString(Bytes);

    /// <summary>Whether the datagram was larger than the buffer, so that its end is lost.</summary>
    public bool Truncated { get; internal init; }

    /// <summary>How many bytes were cut off; null if the system does not report it.</summary>
    public int? LostBytes { get; internal init; } = 0;

    internal int InterfaceIndex { get; init; }

    internal DateTime Moment { get; }

    internal byte[] Bytes { get; }

    internal IPEndPoint Remote { get; }

    internal IPEndPoint Local { get; }

    IPEndPoint IReceivedMessage.Remote => Remote;

    byte[] IReceivedMessage.Bytes => Bytes;

    /// <inheritdoc/>
    public override string ToString() => Text;
}
