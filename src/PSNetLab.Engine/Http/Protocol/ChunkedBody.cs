namespace PSNetLab.Engine.Http.Protocol;

/// <summary>Finds the end of a chunked body (RFC 9112, section 7.1) that nobody wants, and checks its framing on the way.</summary>
/// <remarks>Keeps a few numbers and no bytes: every call goes on where the last one stopped.</remarks>
internal struct ChunkedBody
{
    /// <summary>Chunk extensions and trailers of one body together: they carry nothing, so they must not keep anybody busy.</summary>
    internal const int MostExtraBytes = 16 * 1024;

    // The largest size of 15 digits cannot overflow, and no body is longer.
    private const int MostSizeDigits = 15;

    private Phase _phase;
    private int _digits;
    private int _extraBytes;
    private long _remaining;

    private enum Phase : byte
    {
        Size,
        Extension,
        SizeLineFeed,
        Data,
        DataReturn,
        DataLineFeed,
        TrailerStart,
        TrailerName,
        TrailerValue,
        TrailerLineFeed,
        EndLineFeed,
        Complete,
        Failed,
    }

    /// <summary>The bytes of data so far, without the framing.</summary>
    internal long Length { get; private set; }

    /// <summary>Skips what belongs to the body.</summary>
    /// <param name="bytes">What came after the bytes skipped before.</param>
    /// <param name="consumed">How many of them belong to the body; fewer than all only when it ended or failed.</param>
    internal ParseStatus Skip(ReadOnlySpan<byte> bytes, out int consumed)
    {
        consumed = 0;
        while (_phase < Phase.Complete && consumed < bytes.Length)
        {
            bool isExtra = _phase is Phase.Extension or (>= Phase.TrailerStart and <= Phase.TrailerLineFeed);
            int taken = Step(bytes[consumed..]);
            consumed += taken;
            _extraBytes += isExtra ? taken : 0;
            if (_extraBytes > MostExtraBytes)
            {
                _phase = Phase.Failed;
            }
        }

        return _phase switch
        {
            Phase.Complete => ParseStatus.Complete,
            Phase.Failed => ParseStatus.Failed,
            _ => ParseStatus.Incomplete,
        };
    }

    private int Step(ReadOnlySpan<byte> bytes) => _phase switch
    {
        Phase.Size => ReadSize(bytes),
        Phase.Extension => SkipUntil('\r', bytes, bytes.IndexOfAny(HttpSyntax.NotInValue), Phase.SizeLineFeed),
        Phase.SizeLineFeed => Take('\n', bytes, _remaining > 0 ? Phase.Data : Phase.TrailerStart),
        Phase.Data => SkipData(bytes.Length),
        Phase.DataReturn => Take('\r', bytes, Phase.DataLineFeed),
        Phase.DataLineFeed => Take('\n', bytes, Phase.Size),
        Phase.TrailerStart => StartTrailer(bytes),
        Phase.TrailerName => SkipUntil(':', bytes, bytes.IndexOfAnyExcept(HttpSyntax.Token), Phase.TrailerValue),
        Phase.TrailerValue => SkipUntil('\r', bytes, bytes.IndexOfAny(HttpSyntax.NotInValue), Phase.TrailerLineFeed),
        Phase.TrailerLineFeed => Take('\n', bytes, Phase.TrailerStart),
        _ => Take('\n', bytes, Phase.Complete),
    };

    private int ReadSize(ReadOnlySpan<byte> bytes)
    {
        if (char.IsAsciiHexDigit((char)bytes[0]) && _digits < MostSizeDigits)
        {
            _remaining = (_remaining << 4) | (uint)HttpSyntax.HexValue(bytes[0]);
            _digits++;
            return 1;
        }

        // No space before the extension, though RFC 9112, section 7.1.1, lets a reader pass over it: not all readers do.
        return _digits == 0 ? Fail()
            : bytes[0] == ';' ? Take(';', bytes, Phase.Extension)
            : Take('\r', bytes, Phase.SizeLineFeed);
    }

    private int SkipData(int available)
    {
        int skipped = (int)Math.Min(_remaining, available);
        Length += skipped;
        _remaining -= skipped;
        if (_remaining == 0)
        {
            _phase = Phase.DataReturn;
            _digits = 0;
        }

        return skipped;
    }

    private int StartTrailer(ReadOnlySpan<byte> bytes)
    {
        if (bytes[0] == '\r')
        {
            return Take('\r', bytes, Phase.EndLineFeed);
        }

        _phase = Phase.TrailerName;
        return HttpSyntax.Token.Contains(bytes[0]) ? 1 : Fail();
    }

    private int SkipUntil(char end, ReadOnlySpan<byte> bytes, int length, Phase next)
        => length < 0 ? bytes.Length : Take(end, bytes[length..], next) + length;

    private int Take(char expected, ReadOnlySpan<byte> bytes, Phase next)
    {
        if (bytes[0] != expected)
        {
            return Fail();
        }

        _phase = next;
        return 1;
    }

    private int Fail()
    {
        _phase = Phase.Failed;
        return 0;
    }
}
