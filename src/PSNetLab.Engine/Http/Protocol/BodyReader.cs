namespace PSNetLab.Engine.Http.Protocol;

/// <summary>Where a body ends (RFC 9112, section 6.3).</summary>
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

/// <summary>Extracts the data of a request or response body from the bytes of a connection, and finds where the body ends.</summary>
/// <remarks>
/// Every call continues where the last one stopped. Between calls it keeps a few numbers and the trailers, no other bytes.
/// </remarks>
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

    /// <summary>Complete once the end is found; without a body, from the start.</summary>
    internal ParseStatus Status
    {
        readonly get => Framing == BodyFraming.None ? ParseStatus.Complete : _status;
        private set => _status = value;
    }

    /// <summary>The bytes of data read so far, without the framing.</summary>
    internal readonly long Length => Framing == BodyFraming.Chunked ? _chunks.Length : _length;

    /// <summary>How many bytes of data are still to come; -1 if the framing does not tell.</summary>
    internal readonly long Left => Framing is BodyFraming.Length or BodyFraming.None ? _left : -1;

    /// <summary>The field lines after the last chunk; empty if there are none.</summary>
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

    /// <summary>Call this when the connection has ended: that completes a body framed by close and breaks any other.</summary>
    /// <param name="wasCut">Whether it did not end in good order, which completes no body (RFC 9112, section 9.8).</param>
    internal ParseStatus End(bool wasCut = false)
    {
        if (Status == ParseStatus.Incomplete)
        {
            _isBroken = wasCut || Framing != BodyFraming.UntilClose;
            Status = _isBroken ? ParseStatus.Failed : ParseStatus.Complete;
        }

        return Status;
    }
}
