namespace PSNetLab.Engine.Http.Protocol;

/// <summary>The head of a message (RFC 9112), read as its bytes arrive, and what it means for the connection.</summary>
/// <remarks>
/// One serves a connection for all its messages. It holds positions and no bytes, counted from the first byte of the head:
/// the bytes may move between two calls, as long as every call gets all of them from there on.
/// </remarks>
internal abstract partial class MessageHead
{
    private readonly (int Start, int Length)[] _values = new (int, int)[HttpHeaders.Count];
    private readonly List<(HttpHeader Header, int Start, int Length)> _repeated = [];

    /// <summary>The version of the message.</summary>
    internal HttpVersion Version { get; private protected set; }

    /// <summary>The bytes of the whole head, with the empty lines before it and the one that ends it. Valid when complete.</summary>
    internal int HeadLength { get; private set; }

    /// <summary>Whether the connection persists after this message (RFC 9112, section 9.3).</summary>
    internal bool KeepAlive => !_closeAsked && (Version == HttpVersion.Http11 || _keepAliveAsked);

    /// <summary>The announced bytes of the body, or -1.</summary>
    internal long ContentLength { get; private set; } = -1;

    /// <summary>Whether the body comes in chunks.</summary>
    internal bool IsChunked { get; private set; }

    /// <summary>
    /// The status to answer a failed request with; of a failed response, what a gateway would say. 0 while nothing is
    /// wrong.
    /// </summary>
    internal int FailedStatus { get; private set; }

    /// <summary>What is wrong with a failed head, in a sentence for the peer.</summary>
    internal string FailedReason { get; private set; } = string.Empty;

    /// <summary>The fields that came, a bit for each <see cref="HttpHeader"/>.</summary>
    private protected uint Present { get; private set; }

    /// <summary>Whether the field came, even with an empty value.</summary>
    internal bool Has(HttpHeader header) => (Present & Bit(header)) != 0;

    /// <summary>
    /// The trimmed value of a field; of one that came several times, its values joined by ", " (RFC 9110, section 5.3);
    /// of none, nothing.
    /// </summary>
    internal ReadOnlySpan<byte> Get(HttpHeader header, ReadOnlySpan<byte> head)
    {
        if (!Has(header))
        {
            return default;
        }

        (int start, int length) = _values[(int)header];
        ReadOnlySpan<byte> value = head.Slice(start, length);
        return _repeated.Count == 0 ? value : Join(header, value, head);
    }

    /// <summary>All fields of a complete head, in their order, known or not.</summary>
    internal FieldEnumerator Fields(ReadOnlySpan<byte> head) => new(head[_fieldsStart..HeadLength]);

    /// <summary>Makes ready for the next message of the connection.</summary>
    internal virtual void Reset()
    {
        _phase = Phase.StartLine;
        Position = _fieldCount = 0;
        Present = 0;
        _repeated.Clear();
        _closeAsked = _keepAliveAsked = HasOtherCoding = false;
        Version = HttpVersion.Unknown;
        ContentLength = -1;
        IsChunked = false;
        FailedStatus = 0;
        FailedReason = string.Empty;
    }

    private protected static uint Bit(HttpHeader header) => 1u << (int)header;

    private ReadOnlySpan<byte> Join(HttpHeader header, ReadOnlySpan<byte> first, ReadOnlySpan<byte> head)
    {
        List<byte>? joined = null;
        foreach ((HttpHeader repeated, int start, int length) in _repeated)
        {
            if (repeated == header)
            {
                joined ??= [.. first];
                joined.AddRange(", "u8);
                joined.AddRange(head.Slice(start, length));
            }
        }

        return joined is null ? first : joined.ToArray();
    }

    private void Keep(HttpHeader header, int start, int length)
    {
        if (Has(header))
        {
            _repeated.Add((header, start, length));
        }
        else
        {
            _values[(int)header] = (start, length);
            Present |= Bit(header);
        }
    }
}
