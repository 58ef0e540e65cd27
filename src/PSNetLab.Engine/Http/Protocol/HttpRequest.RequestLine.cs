namespace PSNetLab.Engine.Http.Protocol;

/// <content>The request line (RFC 9112, section 3).</content>
internal sealed partial class HttpRequest
{
    // What a TLS connection starts with (RFC 8446, section 5.1).
    private const byte TlsHandshake = 22;

    private ParseStatus ReadRequestLine(ReadOnlySpan<byte> bytes)
    {
        ParseStatus status = ParseStatus.Complete;
        while (status == ParseStatus.Complete && _phase < Phase.FieldStart)
        {
            status = _phase switch
            {
                Phase.EmptyLines => SkipEmptyLines(bytes),
                Phase.Method => ReadMethod(bytes),
                Phase.Target => ReadTarget(bytes),
                _ => ReadVersion(bytes),
            };
        }

        return status;
    }

    // RFC 9112, section 2.2: some clients send a CRLF too many after a body.
    private ParseStatus SkipEmptyLines(ReadOnlySpan<byte> bytes)
    {
        ParseStatus status = ParseStatus.Complete;
        while (status == ParseStatus.Complete)
        {
            if (_position == bytes.Length)
            {
                return ParseStatus.Incomplete;
            }

            if (bytes[_position] is not ((byte)'\r' or (byte)'\n'))
            {
                _methodStart = _position;
                _phase = Phase.Method;
                break;
            }

            status = ReadLineEnd(bytes, BareLineEnd);
        }

        return status;
    }

    private ParseStatus ReadMethod(ReadOnlySpan<byte> bytes)
    {
        int length = bytes[_position..].IndexOfAnyExcept(HttpSyntax.Token);
        if (length < 0)
        {
            return WaitAt(bytes.Length);
        }

        _position += length;
        _methodLength = _position - _methodStart;
        if (_methodLength == 0 || bytes[_position] != ' ')
        {
            return Fail(400, bytes[_position] == TlsHandshake
                ? "This looks like TLS, and only plain HTTP is spoken on this port: use http:// in place of https://."
                : "A request starts with a method and one space, such as 'GET '.");
        }

        Method = HttpMethods.Find(MethodText(bytes));
        _targetStart = ++_position;
        _phase = Phase.Target;
        return ParseStatus.Complete;
    }

    private ParseStatus ReadTarget(ReadOnlySpan<byte> bytes)
    {
        int length = bytes[_position..].IndexOfAny(HttpSyntax.NotInTarget);
        if (length < 0)
        {
            return WaitAt(bytes.Length);
        }

        _position += length;
        _targetLength = _position - _targetStart;
        if (_targetLength == 0 || bytes[_position] != ' ')
        {
            return Fail(400, "A request line is a method, a target without spaces, and 'HTTP/1.1', with one space between them.");
        }

        _lineStart = ++_position;
        _phase = Phase.Version;
        return ParseStatus.Complete;
    }

    private ParseStatus ReadVersion(ReadOnlySpan<byte> bytes)
    {
        // HTTP-version = "HTTP/" DIGIT "." DIGIT (RFC 9112, section 2.3), where 0 stands for any digit.
        ReadOnlySpan<byte> pattern = "HTTP/0.0"u8;
        ReadOnlySpan<byte> version = bytes[_lineStart..];
        for (int index = _position - _lineStart; index < pattern.Length; index++, _position++)
        {
            if (index == version.Length)
            {
                return ParseStatus.Incomplete;
            }

            if (pattern[index] == '0' ? !char.IsAsciiDigit((char)version[index]) : version[index] != pattern[index])
            {
                return Fail(400, "A request line ends with the version, such as 'HTTP/1.1'.");
            }
        }

        ParseStatus end = ReadLineEnd(bytes, "A request line ends with CRLF, right after the version.");
        if (end != ParseStatus.Complete)
        {
            return end;
        }

        if (version[5] != '1')
        {
            return Fail(505, "Use HTTP/1.1 or HTTP/1.0.");
        }

        // A higher minor version is answered as the highest one known (RFC 9110, section 6.2).
        Version = version[7] == '0' ? HttpVersion.Http10 : HttpVersion.Http11;
        _phase = Phase.FieldStart;
        return ParseStatus.Complete;
    }
}
