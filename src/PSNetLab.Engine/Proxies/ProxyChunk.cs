using System.Net;
using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>What a script block of -Match is asked about: what one read of a stream gave, or a datagram.</summary>
public sealed class ProxyChunk
{
    private string? _text;

    internal ProxyChunk(long number, IPEndPoint client, NetFaultDirection direction, long offset, byte[] data)
    {
        Number = number;
        Client = client;
        Direction = direction;
        Offset = offset;
        Bytes = data;
    }

    /// <summary>The number of the connection or session on its proxy: 1 for the first.</summary>
    public long Number { get; }

    /// <summary>The direction it goes in: ToServer or ToClient.</summary>
    public NetFaultDirection Direction { get; }

    /// <summary>How many bytes came before it, in its connection and direction.</summary>
    public long Offset { get; }

    /// <summary>The number of bytes in <see cref="Data"/>.</summary>
    public int Length => Bytes.Length;

    /// <summary>The bytes.</summary>
    public object Data => FileValue.With(Bytes);

    /// <summary>The bytes decoded as UTF-8; invalid bytes appear as U+FFFD.</summary>
    public string Text => _text ??= Encoding.UTF8.GetString(Bytes);

    /// <summary>The address and port of the client, as text that has an Address and a Port.</summary>
    public object ClientEndPoint => EndPointText.Of(Client);

    internal byte[] Bytes { get; }

    internal IPEndPoint Client { get; }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
