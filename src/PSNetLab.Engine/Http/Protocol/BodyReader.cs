namespace PSNetLab.Engine.Http.Protocol;

/// <summary>How the end of a body is found (RFC 9112, section 6.3).</summary>
internal enum BodyFraming : byte
{
    /// <summary>There is no body.</summary>
    None,

    /// <summary>After the number of bytes in Content-Length.</summary>
    Length,

    /// <summary>At the last chunk.</summary>
    Chunked,

    /// <summary>At the end of the connection, for responses only.</summary>
    UntilClose,
}

/// <summary>Reads a body from the bytes of a connection, in either direction: finds its data and its end.</summary>
/// <remarks>It holds a few numbers, and no bytes except those of trailers: every call continues where the last one stopped.</remarks>
internal struct BodyReader
{
    private ChunkedBody _chunks;
    private ParseStatus _status;
    private long _left;
    private long _length;
    private bool _isBroken;

    private BodyReader(BodyFraming framing, long length)
    {
        Framing = framing;
        _left = length;
        if (framing == BodyFraming.Length && length == 0)
        {
            Status = ParseStatus.Complete;
        }
    }

    internal BodyFraming Framing { get; }

    /// <summary>Complete once the end was found; at once if there is no body.</summary>
    internal ParseStatus Status
    {
        readonly get => Framing == BodyFraming.None ? ParseStatus.Complete : _status;
        private set => _status = value;
    }

    /// <summary>The bytes of data so far, without the framing.</summary>
    internal readonly long Length => Framing == BodyFraming.Chunked ? _chunks.Length : _length;

    /// <summary>The announced bytes still to come; -1 if unknown.</summary>
    internal readonly long Left => Framing is BodyFraming.Length or BodyFraming.None ? _left : -1;

    /// <summary>The lines of the fields after the last chunk; empty without any.</summary>
    internal readonly ReadOnlySpan<byte> Trailers => _chunks.Trailers;

    /// <summary>What is wrong with an invalid body, in a sentence.</summary>
    internal readonly string Fault => _isBroken
        ? "The connection ended in the middle of the body."
        : "The chunks of the body are malformed.";

    internal static BodyReader None => default;

    internal static BodyReader UntilClose => new(BodyFraming.UntilClose, 0);

    internal static BodyReader Chunked => new(BodyFraming.Chunked, 0);

    internal static BodyReader OfLength(long length) => new(BodyFraming.Length, length);

    /// <summary>Reads up to the end of the next run of data.</summary>
    /// <param name="bytes">The bytes after those consumed before.</param>
    /// <param name="consumed">How many of them were consumed; 0 if all of them were read, or the body has ended.</param>
    /// <param name="data">The data among them.</param>
    internal ParseStatus Read(ReadOnlySpan<byte> bytes, out int consumed, out ReadOnlySpan<byte> data)
    {
        consumed = 0;
        data = default;
        if (Status != ParseStatus.Incomplete)
        {
            return Status;
        }

        if (Framing == BodyFraming.Chunked)
        {
            return Status = _chunks.Read(bytes, out consumed, out data);
        }

        data = Framing == BodyFraming.Length && bytes.Length > _left ? bytes[..(int)_left] : bytes;
        consumed = data.Length;
        _length += consumed;
        if (Framing == BodyFraming.Length && (_left -= consumed) == 0)
        {
            Status = ParseStatus.Complete;
        }

        return Status;
    }

    /// <summary>Says that the connection has ended: some bodies end there, others are then incomplete.</summary>
    internal ParseStatus End()
    {
        if (Status == ParseStatus.Incomplete)
        {
            _isBroken = Framing != BodyFraming.UntilClose;
            Status = _isBroken ? ParseStatus.Failed : ParseStatus.Complete;
        }

        return Status;
    }
}
