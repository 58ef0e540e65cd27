using System.Text;

namespace PSNetLab.Engine.Http.Protocol;

/// <summary>A part of a file, from its first to its last byte, both included.</summary>
internal readonly record struct ByteRange(long Start, long End)
{
    internal long Length => End - Start + 1;
}

/// <summary>How to answer a request with a Range field.</summary>
internal enum RangeResult
{
    /// <summary>Send the whole file, with 200.</summary>
    Ignored,

    /// <summary>Send the ranges, with 206.</summary>
    Satisfiable,

    /// <summary>Send 416: all the ranges lie beyond the end of the file.</summary>
    Unsatisfiable,
}

/// <summary>The byte ranges of a Range field (RFC 9110, section 14).</summary>
internal static class ByteRanges
{
    /// <summary>The most ranges in one request; a field with more is ignored.</summary>
    /// <remarks>
    /// Each range costs a seek, a header and a boundary, so a short request for many small ranges would cost the server
    /// far more than the client (section 17.15).
    /// </remarks>
    internal const int Most = 16;

    /// <summary>Parses a Range field and applies it to a file of the given length.</summary>
    /// <param name="range">The value of the field; empty when it is absent.</param>
    /// <param name="length">The length of the file in bytes.</param>
    /// <param name="destination">Receives the ranges to send, in the order of the field, with touching ones merged. Must have
    /// room for <see cref="Most"/>.</param>
    /// <param name="count">How many ranges to send.</param>
    internal static RangeResult Parse(ReadOnlySpan<byte> range, long length, Span<ByteRange> destination, out int count)
    {
        count = 0;
        int unit = range.IndexOf((byte)'=');

        // An empty file has no part, and whoever wants one of its parts is best served with all of it.
        if (length == 0 || unit < 0 || !Ascii.EqualsIgnoreCase(range[..unit], "bytes"u8))
        {
            return RangeResult.Ignored;
        }

        ReadOnlySpan<byte> list = range[(unit + 1)..];
        int seen = 0;
        while (FieldList.TryTake(ref list, out ReadOnlySpan<byte> element))
        {
            if (++seen > Most || !TryParse(element, length, out ByteRange part))
            {
                count = 0;
                return RangeResult.Ignored;
            }

            if (part.Length > 0)
            {
                count = Add(part, destination, count);
            }
        }

        if (count > 0)
        {
            return RangeResult.Satisfiable;
        }

        return seen == 0 ? RangeResult.Ignored : RangeResult.Unsatisfiable;
    }

    // "first-", "first-last" or "-length" (section 14.1.1). The part is empty if it lies beyond the end of the file.
    private static bool TryParse(ReadOnlySpan<byte> text, long length, out ByteRange part)
    {
        part = new ByteRange(0, -1);
        int dash = text.IndexOf((byte)'-');
        if (dash < 0 || text.Length == 1)
        {
            return false;
        }

        long first = 0;
        long last = long.MaxValue;
        if ((dash > 0 && !TryParsePosition(text[..dash], out first))
            || (dash < text.Length - 1 && !TryParsePosition(text[(dash + 1)..], out last)))
        {
            return false;
        }

        if (dash == 0)
        {
            part = new ByteRange(length - Math.Min(last, length), length - 1);
            return true;
        }

        if (first < length)
        {
            part = new ByteRange(first, Math.Min(last, length - 1));
        }

        return last >= first;
    }

    private static bool TryParsePosition(ReadOnlySpan<byte> digits, out long position)
    {
        position = 0;
        foreach (byte digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return false;
            }

            // The grammar does not limit the digits. A position too large for a long is beyond the end of any file.
            int value = digit - '0';
            position = position > (long.MaxValue - value) / 10 ? long.MaxValue : (position * 10) + value;
        }

        return true;
    }

    // Merges ranges that overlap or touch (section 15.3.7.2). No two earlier ranges touch each other, so one pass is enough.
    private static int Add(ByteRange added, Span<ByteRange> ranges, int count)
    {
        int place = count;
        int kept = 0;
        for (int i = 0; i < count; i++)
        {
            ByteRange other = ranges[i];
            if (other.Start > added.End + 1 || added.Start > other.End + 1)
            {
                ranges[kept++] = other;
                continue;
            }

            added = new ByteRange(Math.Min(added.Start, other.Start), Math.Max(added.End, other.End));
            if (place == count)
            {
                place = kept++;
            }
        }

        ranges[place == count ? kept++ : place] = added;
        return kept;
    }
}
