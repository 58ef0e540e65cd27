namespace PSNetLab.Engine.Http.Protocol;

/// <content>
/// The parser: every step continues where the bytes ended last time, and fails at the first byte that cannot be right.
/// </content>
internal abstract partial class MessageHead
{
    private protected const string BareLineEnd = "Every line ends with CRLF; a CR or an LF alone is not allowed.";

    private Phase _phase;
    private int _fieldsStart;
    private int _fieldCount;
    private int _lineStart;
    private int _valueStart;
    private int _valueEnd;
    private bool _hasFolds;

    private enum Phase : byte
    {
        StartLine,
        FieldStart,
        FieldName,
        FieldValue,
        FieldEnd,
        Complete,
        Failed,
    }

    /// <summary>The position of the next byte to parse.</summary>
    private protected int Position { get; set; }

    /// <summary>The <see cref="FailedStatus"/> of a start line that is too long.</summary>
    private protected abstract int TooLongStatus { get; }

    /// <summary>The <see cref="FailedStatus"/> of fields that are too many or too long.</summary>
    private protected abstract int TooManyFieldsStatus { get; }

    /// <summary>The <see cref="FailedStatus"/> of every other fault.</summary>
    private protected abstract int MalformedStatus { get; }

    /// <summary>Whether a value may continue on lines that start with a blank, called obs-fold in RFC 9112, section 5.2.</summary>
    private protected abstract bool MayFold { get; }

    /// <summary>The name of the first line in error messages.</summary>
    private protected abstract string LineName { get; }

    /// <summary>Parses the bytes that arrived since the last call.</summary>
    /// <param name="bytes">All bytes so far, from the first byte of the head.</param>
    /// <param name="limits">How large the head may be.</param>
    internal ParseStatus Parse(ReadOnlySpan<byte> bytes, HttpLimits limits)
    {
        if (_phase == Phase.StartLine)
        {
            ParseStatus line = ReadStartLine(Cut(bytes, limits.StartLineBytes, out bool full));
            if (line != ParseStatus.Complete)
            {
                return line == ParseStatus.Incomplete && full
                    ? Fail(TooLongStatus, $"The {LineName} is longer than {limits.StartLineBytes} bytes.")
                    : line;
            }

            _fieldsStart = Position;
            _phase = Phase.FieldStart;
        }

        if (_phase < Phase.Complete)
        {
            ParseStatus fields = ReadFields(Cut(bytes, (long)_fieldsStart + limits.HeaderBytes, out bool full), limits.HeaderCount);
            return fields == ParseStatus.Incomplete && full
                ? Fail(TooManyFieldsStatus, $"The header is longer than {limits.HeaderBytes} bytes.")
                : fields;
        }

        return _phase == Phase.Complete ? ParseStatus.Complete : ParseStatus.Failed;
    }

    /// <summary>Continues with the first line at <see cref="Position"/>, and moves that past the end of the line.</summary>
    private protected abstract ParseStatus ReadStartLine(ReadOnlySpan<byte> bytes);

    // Bytes beyond the limit are never parsed, so the result does not depend on how many bytes one read delivered.
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
                Phase.FieldValue => ReadFieldValue(bytes),
                _ => ReadFieldEnd(bytes),
            };
        }

        return status;
    }

    private ParseStatus StartField(ReadOnlySpan<byte> bytes, int mostFields)
    {
        if (Position == bytes.Length)
        {
            return ParseStatus.Incomplete;
        }

        if (bytes[Position] is (byte)'\r' or (byte)'\n')
        {
            ParseStatus end = ReadLineEnd(bytes, BareLineEnd);
            return end == ParseStatus.Complete ? EndHead() : end;
        }

        if (++_fieldCount > mostFields)
        {
            return Fail(TooManyFieldsStatus, $"The header has more than {mostFields} lines.");
        }

        _lineStart = Position;
        _phase = Phase.FieldName;
        return ParseStatus.Complete;
    }

    private ParseStatus ReadFieldName(ReadOnlySpan<byte> bytes)
    {
        if (!TryAdvance(bytes, bytes[Position..].IndexOfAnyExcept(HttpSyntax.Token)))
        {
            return ParseStatus.Incomplete;
        }

        if (bytes[Position] != ':' || Position == _lineStart)
        {
            // No exceptions (RFC 9112, sections 5.1 and 5.2): recipients that treat the space differently see different fields.
            return Malformed(HttpSyntax.IsBlank(bytes[Position])
                ? "A header name must not have a space before it or before its colon, and a value must not continue on the next line."
                : "A header line must be a name, a colon and a value.");
        }

        _valueStart = ++Position;
        _phase = Phase.FieldValue;
        return ParseStatus.Complete;
    }

    private ParseStatus ReadFieldValue(ReadOnlySpan<byte> bytes)
    {
        if (!TryAdvance(bytes, bytes[Position..].IndexOfAny(HttpSyntax.NotInValue)))
        {
            return ParseStatus.Incomplete;
        }

        int valueEnd = Position;
        ParseStatus end = ReadLineEnd(bytes, "A header value must not contain control characters.");
        if (end != ParseStatus.Complete)
        {
            return end;
        }

        if (MayFold)
        {
            _valueEnd = valueEnd;
            _phase = Phase.FieldEnd;
            return ParseStatus.Complete;
        }

        return EndField(bytes, valueEnd);
    }

    /// <summary>Decides whether the value continues on the next line.</summary>
    private ParseStatus ReadFieldEnd(ReadOnlySpan<byte> bytes)
    {
        if (Position == bytes.Length)
        {
            return ParseStatus.Incomplete;
        }

        if (HttpSyntax.IsBlank(bytes[Position]))
        {
            _hasFolds = true;
            _phase = Phase.FieldValue;
            return ParseStatus.Complete;
        }

        return EndField(bytes, _valueEnd);
    }

    private ParseStatus EndField(ReadOnlySpan<byte> bytes, int valueEnd)
    {
        _phase = Phase.FieldStart;
        int header = HttpHeaders.Find(bytes[_lineStart..(_valueStart - 1)]);
        return header < 0 ? ParseStatus.Complete : TakeField((HttpHeader)header, bytes, valueEnd);
    }

    private protected ParseStatus ReadLineEnd(ReadOnlySpan<byte> bytes, string otherwise)
    {
        if (Position == bytes.Length)
        {
            return ParseStatus.Incomplete;
        }

        if (bytes[Position] != '\r')
        {
            return Malformed(bytes[Position] == '\n' ? BareLineEnd : otherwise);
        }

        if (Position + 1 == bytes.Length)
        {
            return ParseStatus.Incomplete;
        }

        if (bytes[Position + 1] != '\n')
        {
            return Malformed(BareLineEnd);
        }

        Position += 2;
        return ParseStatus.Complete;
    }

    private ReadOnlySpan<byte> OnOneLine(ReadOnlySpan<byte> value) => _hasFolds ? HttpSyntax.Unfold(value) : value;

    /// <summary>Moves over bytes of one kind to the byte that ends them; over all bytes and false if it has not arrived.</summary>
    private protected bool TryAdvance(ReadOnlySpan<byte> bytes, int length)
    {
        bool found = length >= 0;
        Position = found ? Position + length : bytes.Length;
        return found;
    }

    private protected ParseStatus Malformed(string reason) => Fail(MalformedStatus, reason);

    private protected ParseStatus Fail(int status, string reason)
    {
        _phase = Phase.Failed;
        FailedStatus = status;
        FailedReason = reason;
        return ParseStatus.Failed;
    }
}
