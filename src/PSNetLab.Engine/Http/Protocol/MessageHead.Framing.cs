using System.Text;

namespace PSNetLab.Engine.Http.Protocol;

/// <content>
/// The fields that decide about the connection and the end of the body. If two recipients disagree here, an attacker can
/// smuggle a request past one of them (RFC 9112, section 11.2). So everything ambiguous is rejected.
/// </content>
internal abstract partial class MessageHead
{
    private protected const string ChunkedLast = "The transfer codings must end with chunked, and contain it once.";

    private bool _closeAsked;
    private bool _keepAliveAsked;

    /// <summary>Whether there is a transfer coding other than chunked.</summary>
    private protected bool HasOtherCoding { get; private set; }

    /// <summary>Whether the body is coded, as with gzip, below its chunks: identity is no coding.</summary>
    internal bool IsCoded { get; private set; }

    /// <summary>Checks a field that only requests, or only responses, give a meaning to.</summary>
    /// <param name="header">The field.</param>
    /// <param name="value">Its value.</param>
    /// <param name="again">Whether it occurred before.</param>
    private protected virtual ParseStatus TakeOwnField(HttpHeader header, ReadOnlySpan<byte> value, bool again) => ParseStatus.Complete;

    /// <summary>Checks the fields together after the last one.</summary>
    private protected abstract ParseStatus CheckFields();

    private ParseStatus TakeField(HttpHeader header, ReadOnlySpan<byte> bytes, int valueEnd)
    {
        int start = _valueStart;
        HttpSyntax.Trim(bytes, ref start, ref valueEnd);
        bool again = Has(header);
        Keep(header, start, valueEnd - start);
        ReadOnlySpan<byte> value = OnOneLine(bytes[start..valueEnd]);
        switch (header)
        {
            case HttpHeader.Connection:
                TakeConnection(value);
                return ParseStatus.Complete;
            case HttpHeader.ContentLength:
                return again || !TryReadLength(value) ? Malformed("Content-Length must be one number, in digits only.") : CheckLengths();
            case HttpHeader.TransferEncoding:
                return TakeCodings(value);
            default:
                return TakeOwnField(header, value, again);
        }
    }

    private ParseStatus EndHead()
    {
        if (CheckFields() == ParseStatus.Failed)
        {
            return ParseStatus.Failed;
        }

        HeadLength = Position;
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
        // RFC 9112, section 6.1: HTTP/1.0 does not define the field, so the framing is faulty.
        if (Version == HttpVersion.Http10)
        {
            return Malformed("HTTP/1.0 does not have Transfer-Encoding.");
        }

        ReadOnlySpan<byte> codings = value;
        while (FieldList.TryTake(ref codings, out ReadOnlySpan<byte> coding))
        {
            if (IsChunked)
            {
                return Malformed(ChunkedLast);
            }

            IsChunked = Ascii.EqualsIgnoreCase(coding, "chunked"u8);
            HasOtherCoding |= !IsChunked;
            IsCoded |= !IsChunked && !Ascii.EqualsIgnoreCase(coding, "identity"u8);
        }

        // RFC 9110, section 5.6.1.2, allows empty elements in a list, but recipients could disagree about them here.
        return HasOtherCoding || Ascii.EqualsIgnoreCase(value, "chunked"u8) ? CheckLengths() : Malformed(ChunkedLast);
    }

    private ParseStatus CheckLengths() => Has(HttpHeader.ContentLength) && Has(HttpHeader.TransferEncoding)
        ? Malformed("A message must not have both Content-Length and Transfer-Encoding.")
        : ParseStatus.Complete;
}
