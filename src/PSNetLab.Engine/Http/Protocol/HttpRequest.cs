namespace PSNetLab.Engine.Http.Protocol;

/// <summary>The head of one request (RFC 9112), read as its bytes arrive, and what it means for the connection.</summary>
/// <remarks>
/// One serves a connection for all its requests. It holds positions and no bytes, counted from the first byte of the head:
/// the bytes may move between two calls, as long as every call gets all of them from there on.
/// </remarks>
internal sealed partial class HttpRequest
{
    private static readonly uint s_selective = Bit(HttpHeader.Range) | Bit(HttpHeader.IfMatch) | Bit(HttpHeader.IfNoneMatch) | Bit(HttpHeader.IfModifiedSince) | Bit(HttpHeader.IfUnmodifiedSince);

    private readonly (int Start, int Length)[] _values = new (int, int)[HttpHeaders.Count];
    private readonly List<(HttpHeader Header, int Start, int Length)> _repeated = [];
    private uint _present;
    private int _methodStart;
    private int _methodLength;
    private int _targetStart;
    private int _targetLength;

    /// <summary>The method; its token is <see cref="MethodText"/>.</summary>
    internal HttpMethod Method { get; private set; }

    /// <summary>The version of the request.</summary>
    internal HttpVersion Version { get; private set; }

    /// <summary>The bytes of the whole head, with the empty lines before it and the one that ends it. Valid when complete.</summary>
    internal int HeadLength { get; private set; }

    /// <summary>Whether any byte of a request line was seen.</summary>
    internal bool HasStarted => _phase > Phase.EmptyLines;

    /// <summary>Whether the connection persists after the answer (RFC 9112, section 9.3).</summary>
    internal bool KeepAlive => !_closeAsked && (Version == HttpVersion.Http11 || _keepAliveAsked);

    /// <summary>The announced bytes of the body, or -1.</summary>
    internal long ContentLength { get; private set; } = -1;

    /// <summary>Whether the body comes in chunks, up to an end that <see cref="ChunkedBody"/> finds.</summary>
    internal bool IsChunked { get; private set; }

    /// <summary>Whether any bytes follow that belong to the request.</summary>
    internal bool HasBody => IsChunked || ContentLength > 0;

    /// <summary>Whether the client waits for 100 (Continue) before it sends its body. Not in HTTP/1.0 (RFC 9110, section 10.1.1).</summary>
    internal bool ExpectsContinue => _continueExpected && HasBody && Version == HttpVersion.Http11;

    /// <summary>Whether something was expected that calls for 417 (Expectation Failed).</summary>
    internal bool HasUnknownExpectation { get; private set; }

    /// <summary>The status to answer a failed head with; the connection cannot go on after it.</summary>
    internal int FailedStatus { get; private set; }

    /// <summary>What is wrong with a failed head, in a sentence for the client.</summary>
    internal string FailedReason { get; private set; } = string.Empty;

    /// <summary>Whether the answer may be something else than the whole file: there are preconditions or ranges.</summary>
    internal bool IsSelective => (_present & s_selective) != 0;

    /// <summary>The method as it came.</summary>
    internal ReadOnlySpan<byte> MethodText(ReadOnlySpan<byte> head) => head.Slice(_methodStart, _methodLength);

    /// <summary>The target as it came. Of a head that failed, this and the method are what was seen of them.</summary>
    internal ReadOnlySpan<byte> Target(ReadOnlySpan<byte> head) => head.Slice(_targetStart, _targetLength);

    /// <summary>Whether the field came, be its value empty.</summary>
    internal bool Has(HttpHeader header) => (_present & Bit(header)) != 0;

    /// <summary>The trimmed value of a field; of one that came several times, its values joined by ", " (RFC 9110, section 5.3); of none, nothing.</summary>
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

    /// <summary>Makes ready for the next request of the connection.</summary>
    internal void Reset()
    {
        _phase = Phase.EmptyLines;
        _position = _fieldCount = _methodStart = _methodLength = _targetStart = _targetLength = 0;
        _present = 0;
        _repeated.Clear();
        _closeAsked = _keepAliveAsked = _continueExpected = _otherCoding = false;
        Method = HttpMethod.Unknown;
        Version = HttpVersion.Unknown;
        ContentLength = -1;
        IsChunked = HasUnknownExpectation = false;
        FailedStatus = 0;
        FailedReason = string.Empty;
    }

    private static uint Bit(HttpHeader header) => 1u << (int)header;

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
            _present |= Bit(header);
        }
    }
}
