namespace PSNetLab.Engine.Http.Protocol;

/// <content>From bytes to positions: every step goes on where the bytes ended before, and fails at the first byte that proves a fault.</content>
internal sealed partial class HttpRequest
{
    private const string BareLineEnd = "Every line ends with CRLF; a CR or an LF alone is not allowed.";

    private Phase _phase;
    private int _position;
    private int _fieldsStart;
    private int _fieldCount;
    private int _lineStart;
    private int _valueStart;

    private enum Phase : byte
    {
        EmptyLines,
        Method,
        Target,
        Version,
        FieldStart,
        FieldName,
        FieldValue,
        Complete,
        Failed,
    }

    /// <summary>Reads on, through the bytes that came since the last call.</summary>
    /// <param name="bytes">Everything from the first byte of the head on.</param>
    /// <param name="limits">How large the head may be.</param>
    internal ParseStatus Parse(ReadOnlySpan<byte> bytes, HttpLimits limits)
    {
        if (_phase < Phase.FieldStart)
        {
            ParseStatus line = ReadRequestLine(Cut(bytes, limits.RequestLineBytes, out bool full));
            if (line != ParseStatus.Complete)
            {
                return line == ParseStatus.Incomplete && full
                    ? Fail(414, $"The request line is longer than {limits.RequestLineBytes} bytes.")
                    : line;
            }

            _fieldsStart = _position;
        }

        if (_phase < Phase.Complete)
        {
            ParseStatus fields = ReadFields(Cut(bytes, (long)_fieldsStart + limits.HeaderBytes, out bool full), limits.HeaderCount);
            return fields == ParseStatus.Incomplete && full
                ? Fail(431, $"The header is longer than {limits.HeaderBytes} bytes.")
                : fields;
        }

        return _phase == Phase.Complete ? ParseStatus.Complete : ParseStatus.Failed;
    }

    // What is cut off is not looked at, so the verdict does not depend on how many bytes one read happened to bring.
    private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> bytes, long limit, out bool full)
    {
        full = bytes.Length >= limit;
        return full ? bytes[..(int)limit] : bytes;
    }

    private ParseStatus ReadFields(ReadOnlySpan<byte> bytes, int mostFields)
    {
        ParseStatus status = ParseStatus.Complete;
        while (status == ParseStatus.Complete && _phase < Phase.Complete)
        {
            status = _phase switch
            {
                Phase.FieldStart => StartField(bytes, mostFields),
                Phase.FieldName => ReadFieldName(bytes),
                _ => ReadFieldValue(bytes),
            };
        }

        return status;
    }

    private ParseStatus StartField(ReadOnlySpan<byte> bytes, int mostFields)
    {
        if (_position == bytes.Length)
        {
            return ParseStatus.Incomplete;
        }

        if (bytes[_position] is (byte)'\r' or (byte)'\n')
        {
            ParseStatus end = ReadLineEnd(bytes, BareLineEnd);
            return end == ParseStatus.Complete ? EndHead() : end;
        }

        if (++_fieldCount > mostFields)
        {
            return Fail(431, $"The header has more than {mostFields} lines.");
        }

        _lineStart = _position;
        _phase = Phase.FieldName;
        return ParseStatus.Complete;
    }

    private ParseStatus ReadFieldName(ReadOnlySpan<byte> bytes)
    {
        int length = bytes[_position..].IndexOfAnyExcept(HttpSyntax.Token);
        if (length < 0)
        {
            return WaitAt(bytes.Length);
        }

        _position += length;
        if (bytes[_position] != ':' || _position == _lineStart)
        {
            // Without exception (RFC 9112, sections 5.1 and 5.2): what one reader takes for a space, another takes for part of a name.
            return Fail(400, HttpSyntax.IsBlank(bytes[_position])
                ? "A header name has no space before it or before its colon; values are not folded over lines."
                : "A header line is a name and a colon, then the value.");
        }

        _valueStart = ++_position;
        _phase = Phase.FieldValue;
        return ParseStatus.Complete;
    }

    private ParseStatus ReadFieldValue(ReadOnlySpan<byte> bytes)
    {
        int length = bytes[_position..].IndexOfAny(HttpSyntax.NotInValue);
        if (length < 0)
        {
            return WaitAt(bytes.Length);
        }

        _position += length;
        int valueEnd = _position;
        ParseStatus end = ReadLineEnd(bytes, "A header value has no control characters.");
        if (end != ParseStatus.Complete)
        {
            return end;
        }

        _phase = Phase.FieldStart;
        int header = HttpHeaders.Find(bytes[_lineStart..(_valueStart - 1)]);
        return header < 0 ? ParseStatus.Complete : TakeField((HttpHeader)header, bytes, valueEnd);
    }

    private ParseStatus ReadLineEnd(ReadOnlySpan<byte> bytes, string otherwise)
    {
        if (_position == bytes.Length)
        {
            return ParseStatus.Incomplete;
        }

        if (bytes[_position] != '\r')
        {
            return Fail(400, bytes[_position] == '\n' ? BareLineEnd : otherwise);
        }

        if (_position + 1 == bytes.Length)
        {
            return ParseStatus.Incomplete;
        }

        if (bytes[_position + 1] != '\n')
        {
            return Fail(400, BareLineEnd);
        }

        _position += 2;
        return ParseStatus.Complete;
    }

    private ParseStatus WaitAt(int position)
    {
        _position = position;
        return ParseStatus.Incomplete;
    }

    private ParseStatus Fail(int status, string reason)
    {
        _phase = Phase.Failed;
        FailedStatus = status;
        FailedReason = reason;
        return ParseStatus.Failed;
    }
}
