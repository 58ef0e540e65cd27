namespace PSNetLab.Engine.Http.Protocol;

/// <summary>Parses the head of a response (RFC 9112, section 4).</summary>
internal sealed class ResponseHead : MessageHead
{
    // HTTP-version SP status-code. Each 0 stands for any digit.
    private static ReadOnlySpan<byte> Pattern => "HTTP/0.0 000"u8;

    private int _reasonStart;
    private int _reasonLength;

    internal int Status { get; private set; }

    /// <summary>Whether the first byte of the response has arrived.</summary>
    internal bool HasStarted => Position > 0;

    /// <summary>
    /// Whether another response to the same request follows (RFC 9110, section 15.2). After 101, the connection no longer
    /// carries HTTP/1.
    /// </summary>
    internal bool IsInformational => Status is >= 100 and < 200 && !IsUpgrade;

    /// <summary>Whether what follows is in the protocol of the Upgrade field (RFC 9110, section 7.8).</summary>
    internal bool IsUpgrade => Status == 101;

    private protected override int TooLongStatus => 502;

    private protected override int TooManyFieldsStatus => 502;

    private protected override int MalformedStatus => 502;

    private protected override bool MayFold => true;

    private protected override string LineName => "status line";

    /// <summary>The reason phrase as received; often empty.</summary>
    internal ReadOnlySpan<byte> Reason(ReadOnlySpan<byte> head) => head.Slice(_reasonStart, _reasonLength);

    /// <summary>A new reader for the body of the response to a request with this method (RFC 9112, section 6.3).</summary>
    internal BodyReader BodyFor(HttpMethod method)
    {
        bool isTunnel = method == HttpMethod.Connect && Status is >= 200 and < 300;
        if (method == HttpMethod.Head || isTunnel || HttpStatus.HasNoBody(Status))
        {
            return BodyReader.None;
        }

        return IsChunked ? BodyReader.Chunked
            : ContentLength < 0 || Has(HttpHeader.TransferEncoding) ? BodyReader.UntilClose
            : BodyReader.OfLength(ContentLength);
    }

    internal override void Reset()
    {
        base.Reset();
        Status = _reasonStart = _reasonLength = 0;
    }

    private protected override ParseStatus CheckFields() => IsUpgrade && !Has(HttpHeader.Upgrade)
        ? Malformed("A response with status 101 must have an Upgrade header that says what is spoken from now on.")
        : ParseStatus.Complete;

    private protected override ParseStatus ReadStartLine(ReadOnlySpan<byte> bytes)
    {
        for (; Position < Pattern.Length; Position++)
        {
            if (Position == bytes.Length)
            {
                return ParseStatus.Incomplete;
            }

            byte expected = Pattern[Position];
            if (expected == '0' ? !char.IsAsciiDigit((char)bytes[Position]) : bytes[Position] != expected)
            {
                return Malformed("A response must start with the version and a status of three digits, such as 'HTTP/1.1 200 OK'.");
            }
        }

        if (Position == Pattern.Length)
        {
            if (Position == bytes.Length)
            {
                return ParseStatus.Incomplete;
            }

            // The grammar requires the space even without a reason, but some servers leave it out.
            if (bytes[Position] == ' ')
            {
                Position++;
            }
            else if (bytes[Position] != '\r')
            {
                return Malformed("A status must be followed by a space and a reason phrase, or by the end of the line.");
            }
        }

        if (!TryAdvance(bytes, bytes[Position..].IndexOfAny(HttpSyntax.NotInValue)))
        {
            return ParseStatus.Incomplete;
        }

        int end = Position;
        ParseStatus status = ReadLineEnd(bytes, "A status line must not contain control characters.");
        if (status != ParseStatus.Complete)
        {
            return status;
        }

        Status = ((bytes[9] - '0') * 100) + ((bytes[10] - '0') * 10) + bytes[11] - '0';
        if (bytes[5] != '1' || Status < 100)
        {
            return Malformed("Only HTTP/1.1 and HTTP/1.0 responses with a status of 100 or more are supported.");
        }

        Version = bytes[7] == '0' ? HttpVersion.Http10 : HttpVersion.Http11;
        _reasonStart = Math.Min(Pattern.Length + 1, end);
        _reasonLength = end - _reasonStart;
        return ParseStatus.Complete;
    }
}
