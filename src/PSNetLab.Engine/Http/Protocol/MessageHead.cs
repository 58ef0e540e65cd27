namespace PSNetLab.Engine.Http.Protocol;

/// <summary>Parses the head of a message (RFC 9112) as its bytes arrive.</summary>
/// <remarks>
/// A connection reuses one object for all its messages. The object stores no bytes, only positions relative to the first
/// byte of the head. So the bytes may move between two calls, as long as every call gets all of them again.
/// </remarks>
internal abstract partial class MessageHead
{
    private readonly (int Start, int Length)[] _values = new (int, int)[HttpHeaders.Count];
    private readonly List<(HttpHeader Header, int Start, int Length)> _repeated = [];

    internal HttpVersion Version { get; private protected set; }

    /// <summary>The length of a complete head in bytes, including empty lines before it and the one that ends it.</summary>
    internal int HeadLength { get; private set; }

    /// <summary>Where the fields begin in a complete head.</summary>
    internal int FieldsStart => _fieldsStart;

    /// <summary>Whether the connection persists after this message (RFC 9112, section 9.3).</summary>
    internal bool KeepAlive => !_closeAsked && (Version == HttpVersion.Http11 || _keepAliveAsked);

    /// <summary>The value of Content-Length; -1 without that field.</summary>
    internal long ContentLength { get; private set; } = -1;

    /// <summary>Whether the last transfer coding is chunked.</summary>
    internal bool IsChunked { get; private set; }

    /// <summary>
    /// The status for the answer to a malformed request; for a malformed response, the status a gateway would send. 0 if
    /// nothing is wrong.
    /// </summary>
    internal int FailedStatus { get; private set; }

    /// <summary>What is wrong with a malformed head, as a sentence for the peer.</summary>
    internal string FailedReason { get; private set; } = string.Empty;

    /// <summary>The fields that are present, one bit for each <see cref="HttpHeader"/>.</summary>
    private protected uint Present { get; private set; }

    /// <summary>Whether the field is present, even with an empty value.</summary>
    internal bool Has(HttpHeader header) => (Present & Bit(header)) != 0;

    /// <summary>
    /// The trimmed value of a field, or empty if it is missing. If it occurs several times, its values are joined by ", "
    /// (RFC 9110, section 5.3).
    /// </summary>
    internal ReadOnlySpan<byte> Get(HttpHeader header, ReadOnlySpan<byte> head)
    {
        if (!Has(header))
        {
            return default;
        }

        (int start, int length) = _values[(int)header];
        ReadOnlySpan<byte> value = OnOneLine(head.Slice(start, length));
        return _repeated.Count == 0 ? value : Join(header, value, head);
    }

    /// <summary>All fields of a complete head in their order, including those that <see cref="HttpHeader"/> does not list.</summary>
    internal FieldEnumerator Fields(ReadOnlySpan<byte> head) => new(head[_fieldsStart..HeadLength]);

    /// <summary>Prepares for the next message of the connection.</summary>
    internal virtual void Reset()
    {
        _phase = Phase.StartLine;
        Position = _fieldCount = 0;
        Present = 0;
        _repeated.Clear();
        _closeAsked = _keepAliveAsked = HasOtherCoding = IsCoded = _hasFolds = false;
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
                joined.AddRange(OnOneLine(head.Slice(start, length)));
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
