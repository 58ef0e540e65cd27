using System.Runtime.InteropServices;

namespace PSNetLab.Engine.Http.Protocol;

/// <summary>Decodes a chunked body (RFC 9112, section 7.1), and validates every byte of the framing.</summary>
/// <remarks>
/// Every call continues where the last one stopped. Between calls it keeps a few numbers and the trailers, no other bytes.
/// </remarks>
internal struct ChunkedBody
{
    /// <summary>
    /// The most bytes of chunk extensions and trailers in one body, so that a client cannot keep a server busy with them.
    /// </summary>
    internal const int MostExtraBytes = 16 * 1024;

    // 15 hexadecimal digits fit into a long, and no real body is longer.
    private const int MostSizeDigits = 15;

    private Phase _phase;
    private int _digits;
    private int _extraBytes;
    private long _remaining;
    private List<byte>? _trailers;

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

    /// <summary>The bytes of data read so far, without the framing.</summary>
    internal long Length { get; private set; }

    /// <summary>The lines of the trailer fields, without the empty line that ends them; empty if there are none.</summary>
    internal readonly ReadOnlySpan<byte> Trailers => CollectionsMarshal.AsSpan(_trailers);

    /// <summary>Reads up to the end of the next run of data.</summary>
    /// <param name="bytes">The bytes after those consumed before.</param>
    /// <param name="consumed">How many of them were consumed.</param>
    /// <param name="data">The data among them.</param>
    internal ParseStatus Read(ReadOnlySpan<byte> bytes, out int consumed, out ReadOnlySpan<byte> data)
    {
        consumed = 0;
        data = default;
        while (_phase < Phase.Complete && consumed < bytes.Length && data.IsEmpty)
        {
            Phase phase = _phase;
            ReadOnlySpan<byte> rest = bytes[consumed..];
            int taken = Step(rest);
            consumed += taken;
            switch (phase)
            {
                case Phase.Data:
                    data = rest[..taken];
                    break;
                case >= Phase.TrailerStart and <= Phase.TrailerLineFeed when _phase != Phase.EndLineFeed:
                    (_trailers ??= []).AddRange(rest[..taken]);
                    _extraBytes += taken;
                    break;
                case Phase.Extension:
                    _extraBytes += taken;
                    break;
            }

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
        Phase.Data => TakeData(bytes.Length),
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

        // RFC 9112, section 7.1.1, lets a recipient skip a space before the extension. Not all do, so it is rejected here.
        return _digits == 0 ? Fail()
            : bytes[0] == ';' ? Take(';', bytes, Phase.Extension)
            : Take('\r', bytes, Phase.SizeLineFeed);
    }

    private int TakeData(int available)
    {
        int taken = (int)Math.Min(_remaining, available);
        Length += taken;
        _remaining -= taken;
        if (_remaining == 0)
        {
            _phase = Phase.DataReturn;
            _digits = 0;
        }

        return taken;
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
