using System.Text;

namespace PSNetLab.Engine;

/// <content>What the fields say about the connection and the body. Two readers that differ here can be played against each other
/// (RFC 9112, section 11.2), so whatever could be read in two ways fails.</content>
internal sealed partial class HttpRequest
{
    private bool _closeAsked;
    private bool _keepAliveAsked;
    private bool _continueExpected;
    private bool _otherCoding;

    private ParseStatus TakeField(HttpHeader header, ReadOnlySpan<byte> bytes, int valueEnd)
    {
        int start = _valueStart;
        HttpSyntax.Trim(bytes, ref start, ref valueEnd);
        bool again = Has(header);
        Keep(header, start, valueEnd - start);
        ReadOnlySpan<byte> value = bytes[start..valueEnd];
        switch (header)
        {
            case HttpHeader.Host:
                return again || !HttpSyntax.IsAuthority(value)
                    ? Fail(400, "A request has one Host header, with a host and perhaps a port.")
                    : ParseStatus.Complete;
            case HttpHeader.Connection:
                TakeConnection(value);
                return ParseStatus.Complete;
            case HttpHeader.Expect:
                TakeExpectation(value);
                return ParseStatus.Complete;
            case HttpHeader.ContentLength:
                return again || !TryReadLength(value) ? Fail(400, "Content-Length is one number, in digits only.") : CheckLengths();
            case HttpHeader.TransferEncoding:
                return TakeCodings(value);
            default:
                return ParseStatus.Complete;
        }
    }

    private ParseStatus EndHead()
    {
        if (Version == HttpVersion.Http11 && !Has(HttpHeader.Host))
        {
            return Fail(400, "A request of HTTP/1.1 has a Host header.");
        }

        if (Has(HttpHeader.TransferEncoding) && !IsChunked)
        {
            return Fail(400, "The last transfer coding of a request is chunked.");
        }

        if (_otherCoding)
        {
            return Fail(501, "The only transfer coding known here is chunked.");
        }

        HeadLength = _position;
        _phase = Phase.Complete;
        return ParseStatus.Complete;
    }

    private void TakeConnection(ReadOnlySpan<byte> list)
    {
        while (!list.IsEmpty)
        {
            ReadOnlySpan<byte> option = HttpSyntax.TakeElement(ref list);
            _closeAsked |= Ascii.EqualsIgnoreCase(option, "close"u8);
            _keepAliveAsked |= Ascii.EqualsIgnoreCase(option, "keep-alive"u8);
        }
    }

    private void TakeExpectation(ReadOnlySpan<byte> list)
    {
        while (!list.IsEmpty)
        {
            ReadOnlySpan<byte> expectation = HttpSyntax.TakeElement(ref list);
            bool known = Ascii.EqualsIgnoreCase(expectation, "100-continue"u8);
            _continueExpected |= known;
            HasUnknownExpectation |= !known && !expectation.IsEmpty;
        }
    }

    private bool TryReadLength(ReadOnlySpan<byte> digits)
    {
        long length = 0;
        foreach (byte digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit) || length > (long.MaxValue - (digit - '0')) / 10)
            {
                return false;
            }

            length = (length * 10) + (digit - '0');
        }

        ContentLength = length;
        return !digits.IsEmpty;
    }

    private ParseStatus TakeCodings(ReadOnlySpan<byte> list)
    {
        // RFC 9112, section 6.1: HTTP/1.0 does not have the field, so its message ends where nobody knows.
        if (Version == HttpVersion.Http10)
        {
            return Fail(400, "HTTP/1.0 has no Transfer-Encoding.");
        }

        bool endsEmpty = list.EndsWith(","u8);
        do
        {
            ReadOnlySpan<byte> coding = HttpSyntax.TakeElement(ref list);
            if (IsChunked || coding.IsEmpty || endsEmpty)
            {
                return Fail(400, "Transfer-Encoding is a list of codings, and chunked comes once, as the last.");
            }

            IsChunked = Ascii.EqualsIgnoreCase(coding, "chunked"u8);
            _otherCoding |= !IsChunked;
        }
        while (!list.IsEmpty);

        return CheckLengths();
    }

    private ParseStatus CheckLengths() => Has(HttpHeader.ContentLength) && Has(HttpHeader.TransferEncoding)
        ? Fail(400, "A request has Content-Length or Transfer-Encoding, not both.")
        : ParseStatus.Complete;
}
