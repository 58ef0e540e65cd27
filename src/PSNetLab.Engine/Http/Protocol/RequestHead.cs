using System.Text;

namespace PSNetLab.Engine.Http.Protocol;

/// <summary>Parses the head of a request (RFC 9112, section 3).</summary>
internal sealed class RequestHead : MessageHead
{
    // The first byte of a TLS connection (RFC 8446, section 5.1).
    private const byte TlsHandshake = 22;

    private static readonly uint s_selective =
        Bit(HttpHeader.Range) | Bit(HttpHeader.IfMatch) | Bit(HttpHeader.IfNoneMatch)
        | Bit(HttpHeader.IfModifiedSince) | Bit(HttpHeader.IfUnmodifiedSince);

    private LinePhase _phase;
    private int _methodStart;
    private int _methodLength;
    private int _targetStart;
    private int _targetLength;
    private int _versionStart;
    private bool _continueExpected;

    private enum LinePhase : byte
    {
        EmptyLines,
        Method,
        Target,
        Version,
        Complete,
    }

    /// <summary>The method, if it is a known one. <see cref="MethodText"/> has the token of any method.</summary>
    internal HttpMethod Method { get; private set; }

    /// <summary>Whether the first byte of the request line has arrived.</summary>
    internal bool HasStarted => _phase > LinePhase.EmptyLines;

    /// <summary>Whether the request has a body that is not known to be empty.</summary>
    internal bool HasBody => IsChunked || ContentLength > 0;

    /// <summary>A new reader for the body.</summary>
    internal BodyReader Body => IsChunked ? BodyReader.Chunked : ContentLength > 0 ? BodyReader.OfLength(ContentLength) : BodyReader.None;

    /// <summary>
    /// Whether the client waits for 100 (Continue) before it sends its body. HTTP/1.0 has no such wait (RFC 9110, section
    /// 10.1.1).
    /// </summary>
    internal bool ExpectsContinue => _continueExpected && HasBody && Version == HttpVersion.Http11;

    /// <summary>Whether Expect asks for anything but 100-continue, so that the answer is 417 (Expectation Failed).</summary>
    internal bool HasUnknownExpectation { get; private set; }

    /// <summary>Whether the request has preconditions or ranges, so that the answer may be something other than the whole file.</summary>
    internal bool IsSelective => (Present & s_selective) != 0;

    // A method that is too long is none that a server knows (RFC 9112, section 3).
    private protected override int TooLongStatus => _phase switch
    {
        LinePhase.EmptyLines => 400,
        LinePhase.Method => 501,
        _ => 414,
    };

    private protected override int TooManyFieldsStatus => 431;

    private protected override int MalformedStatus => 400;

    // A server rejects them: recipients that read them differently see different fields.
    private protected override bool MayFold => false;

    private protected override string LineName => _phase == LinePhase.Method ? "method" : "request line";

    /// <summary>The method as received.</summary>
    internal ReadOnlySpan<byte> MethodText(ReadOnlySpan<byte> head) => head.Slice(_methodStart, _methodLength);

    /// <summary>The target as received. If the head is malformed, the target and the method may be empty.</summary>
    internal ReadOnlySpan<byte> Target(ReadOnlySpan<byte> head) => head.Slice(_targetStart, _targetLength);

    internal override void Reset()
    {
        base.Reset();
        _phase = LinePhase.EmptyLines;
        _methodStart = _methodLength = _targetStart = _targetLength = 0;
        _continueExpected = HasUnknownExpectation = false;
        Method = HttpMethod.Unknown;
    }

    private protected override ParseStatus TakeOwnField(HttpHeader header, ReadOnlySpan<byte> value, bool again)
    {
        switch (header)
        {
            case HttpHeader.Host:
                return again || !HttpSyntax.IsAuthority(value)
                    ? Malformed("A request must have exactly one Host header: a host, and optionally a port.")
                    : ParseStatus.Complete;
            case HttpHeader.Expect:
                TakeExpectation(value);
                return ParseStatus.Complete;
            default:
                return ParseStatus.Complete;
        }
    }

    private protected override ParseStatus CheckFields()
    {
        if (Version == HttpVersion.Http11 && !Has(HttpHeader.Host))
        {
            return Malformed("An HTTP/1.1 request must have a Host header.");
        }

        if (Has(HttpHeader.TransferEncoding) && !IsChunked)
        {
            return Malformed(ChunkedLast);
        }

        return HasOtherCoding ? Fail(501, "The only transfer coding this server supports is chunked.") : ParseStatus.Complete;
    }

    private void TakeExpectation(ReadOnlySpan<byte> list)
    {
        while (FieldList.TryTake(ref list, out ReadOnlySpan<byte> expectation))
        {
            bool known = Ascii.EqualsIgnoreCase(expectation, "100-continue"u8);
            _continueExpected |= known;
            HasUnknownExpectation |= !known;
        }
    }

    private protected override ParseStatus ReadStartLine(ReadOnlySpan<byte> bytes)
    {
        ParseStatus status = ParseStatus.Complete;
        while (status == ParseStatus.Complete && _phase < LinePhase.Complete)
        {
            status = _phase switch
            {
                LinePhase.EmptyLines => SkipEmptyLines(bytes),
                LinePhase.Method => ReadMethod(bytes),
                LinePhase.Target => ReadTarget(bytes),
                _ => ReadVersion(bytes),
            };
        }

        return status;
    }

    // RFC 9112, section 2.2: some clients send an extra CRLF after a body.
    private ParseStatus SkipEmptyLines(ReadOnlySpan<byte> bytes)
    {
        ParseStatus status = ParseStatus.Complete;
        while (status == ParseStatus.Complete)
        {
            if (Position == bytes.Length)
            {
                return ParseStatus.Incomplete;
            }

            if (bytes[Position] is not ((byte)'\r' or (byte)'\n'))
            {
                _methodStart = Position;
                _phase = LinePhase.Method;
                break;
            }

            status = ReadLineEnd(bytes, BareLineEnd);
        }

        return status;
    }

    private ParseStatus ReadMethod(ReadOnlySpan<byte> bytes)
    {
        if (!TryAdvance(bytes, bytes[Position..].IndexOfAnyExcept(HttpSyntax.Token)))
        {
            return ParseStatus.Incomplete;
        }

        _methodLength = Position - _methodStart;
        if (_methodLength == 0 || bytes[Position] != ' ')
        {
            return Malformed(bytes[Position] == TlsHandshake
                ? "This looks like TLS, but this port serves plain HTTP: use http:// instead of https://."
                : "A request must start with a method and one space, such as 'GET '.");
        }

        Method = HttpMethods.Find(MethodText(bytes));
        _targetStart = ++Position;
        _phase = LinePhase.Target;
        return ParseStatus.Complete;
    }

    private ParseStatus ReadTarget(ReadOnlySpan<byte> bytes)
    {
        if (!TryAdvance(bytes, bytes[Position..].IndexOfAny(HttpSyntax.NotInTarget)))
        {
            return ParseStatus.Incomplete;
        }

        _targetLength = Position - _targetStart;
        if (_targetLength == 0 || bytes[Position] != ' ')
        {
            return Malformed("A request line must be a method, a target without spaces, and 'HTTP/1.1', with one space between them.");
        }

        _versionStart = ++Position;
        _phase = LinePhase.Version;
        return ParseStatus.Complete;
    }

    private ParseStatus ReadVersion(ReadOnlySpan<byte> bytes)
    {
        // HTTP-version = "HTTP/" DIGIT "." DIGIT (RFC 9112, section 2.3). Each 0 stands for any digit.
        ReadOnlySpan<byte> pattern = "HTTP/0.0"u8;
        ReadOnlySpan<byte> version = bytes[_versionStart..];
        for (int index = Position - _versionStart; index < pattern.Length; index++, Position++)
        {
            if (index == version.Length)
            {
                return ParseStatus.Incomplete;
            }

            if (pattern[index] == '0' ? !char.IsAsciiDigit((char)version[index]) : version[index] != pattern[index])
            {
                return Malformed("A request line must end with the version, such as 'HTTP/1.1'.");
            }
        }

        ParseStatus end = ReadLineEnd(bytes, "A request line must end with CRLF, right after the version.");
        if (end != ParseStatus.Complete)
        {
            return end;
        }

        if (version[5] != '1')
        {
            return Fail(505, "Use HTTP/1.1 or HTTP/1.0.");
        }

        // A higher minor version is treated as the highest one supported (RFC 9110, section 6.2).
        Version = version[7] == '0' ? HttpVersion.Http10 : HttpVersion.Http11;
        _phase = LinePhase.Complete;
        return ParseStatus.Complete;
    }
}
