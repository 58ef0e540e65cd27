using System.Text;

namespace PSNetLab.Engine.Http.Protocol;

/// <content>
/// What the fields say about the connection and the body. Two readers that differ here can be played against each other
/// (RFC 9112, section 11.2), so whatever could be read in two ways fails.
/// </content>
internal sealed partial class HttpRequest
{
    private const string ChunkedLast = "The transfer codings of a request end with chunked, and have it once.";

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
            return Fail(400, ChunkedLast);
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
        while (FieldList.TryTake(ref list, out ReadOnlySpan<byte> option))
        {
            _closeAsked |= Ascii.EqualsIgnoreCase(option, "close"u8);
            _keepAliveAsked |= Ascii.EqualsIgnoreCase(option, "keep-alive"u8);
        }
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

    private ParseStatus TakeCodings(ReadOnlySpan<byte> value)
    {
        // RFC 9112, section 6.1: HTTP/1.0 does not have the field, so its message ends where nobody knows.
        if (Version == HttpVersion.Http10)
        {
            return Fail(400, "HTTP/1.0 has no Transfer-Encoding.");
        }

        ReadOnlySpan<byte> codings = value;
        while (FieldList.TryTake(ref codings, out ReadOnlySpan<byte> coding))
        {
            if (IsChunked)
            {
                return Fail(400, ChunkedLast);
            }

            IsChunked = Ascii.EqualsIgnoreCase(coding, "chunked"u8);
            _otherCoding |= !IsChunked;
        }

        // Empty elements, which RFC 9110, section 5.6.1.2, would let a list have, are among what could be read in two ways.
        return _otherCoding || Ascii.EqualsIgnoreCase(value, "chunked"u8) ? CheckLengths() : Fail(400, ChunkedLast);
    }

    private ParseStatus CheckLengths() => Has(HttpHeader.ContentLength) && Has(HttpHeader.TransferEncoding)
        ? Fail(400, "A request has Content-Length or Transfer-Encoding, not both.")
        : ParseStatus.Complete;
}
