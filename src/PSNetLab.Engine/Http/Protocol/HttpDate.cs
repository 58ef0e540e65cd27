using System.Globalization;

namespace PSNetLab.Engine.Http.Protocol;

/// <summary>Dates in header fields (RFC 9110, section 5.6.7): writes the preferred form, reads all three.</summary>
internal static class HttpDate
{
    /// <summary>The length in bytes of a date in the preferred form.</summary>
    internal const int Length = 29;

    private const int TimeLength = 8;

    /// <summary>Writes the date as an IMF-fixdate, such as "Sun, 06 Nov 1994 08:49:37 GMT".</summary>
    internal static void Format(DateTime utc, Span<byte> destination)
        => utc.TryFormat(destination, out _, "R", CultureInfo.InvariantCulture);

    /// <summary>Reads an IMF-fixdate, an RFC 850 date or an asctime(3) date.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, out DateTime utc)
        => TryParse(text, TimeProvider.System, out utc);

    /// <summary>The same with a clock, because the century of a two-digit year depends on the current date.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, TimeProvider clock, out DateTime utc)
    {
        int comma = text.IndexOf((byte)',');
        return comma switch
        {
            3 => TryParseFixed(text, out utc),
            < 0 => TryParseAsctime(text, out utc),
            _ => TryParseRfc850(text[..(comma + 1)], text[(comma + 1)..], clock, out utc),
        };
    }

    // Sun, 06 Nov 1994 08:49:37 GMT
    private static bool TryParseFixed(ReadOnlySpan<byte> text, out DateTime utc)
    {
        utc = default;
        return text.Length == Length
            && IsDayName(text[..3])
            && text[4] == ' ' && text[7] == ' ' && text[11] == ' ' && text[16] == ' '
            && text[25..].SequenceEqual(" GMT"u8)
            && TryBuild(Number(text[12..16]), Month(text[8..11]), Number(text[5..7]), text.Slice(17, TimeLength), out utc);
    }

    // Sunday, 06-Nov-94 08:49:37 GMT
    private static bool TryParseRfc850(ReadOnlySpan<byte> dayName, ReadOnlySpan<byte> text, TimeProvider clock, out DateTime utc)
    {
        utc = default;
        if (text.Length != 23
            || !IsLongDayName(dayName)
            || text[0] != ' ' || text[3] != '-' || text[7] != '-' || text[10] != ' '
            || !text[19..].SequenceEqual(" GMT"u8)
            || Number(text[8..10]) is not (>= 0 and var year))
        {
            return false;
        }

        DateTime now = clock.GetUtcNow().UtcDateTime;
        year += now.Year / 100 * 100;
        int month = Month(text[4..7]);
        int day = Number(text[1..3]);
        ReadOnlySpan<byte> time = text.Slice(11, TimeLength);
        // A date more than 50 years ahead belongs to the previous century.
        return (TryBuild(year, month, day, time, out utc) && utc <= now.AddYears(50))
            || TryBuild(year - 100, month, day, time, out utc);
    }

    // Sun Nov  6 08:49:37 1994
    private static bool TryParseAsctime(ReadOnlySpan<byte> text, out DateTime utc)
    {
        utc = default;
        return text.Length == 24
            && IsDayName(text[..3])
            && text[3] == ' ' && text[7] == ' ' && text[10] == ' ' && text[19] == ' '
            && TryBuild(Number(text[20..]), Month(text[4..7]), Number(text[8] == ' ' ? text[9..10] : text[8..10]),
                text.Slice(11, TimeLength), out utc);
    }

    private static bool TryBuild(int year, int month, int day, ReadOnlySpan<byte> time, out DateTime utc)
    {
        utc = default;
        int hour = Number(time[..2]);
        int minute = Number(time[3..5]);
        int second = Number(time[6..]);
        if (year is < 1 or > 9999 || month == 0 || day < 1 || day > DateTime.DaysInMonth(year, month)
            || time[2] != ':' || time[5] != ':'
            || hour is < 0 or > 23 || minute is < 0 or > 59 || second is < 0 or > 60)
        {
            return false;
        }

        // The grammar allows a leap second; DateTime does not.
        utc = new DateTime(year, month, day, hour, minute, Math.Min(second, 59), DateTimeKind.Utc);
        return true;
    }

    private static int Number(ReadOnlySpan<byte> digits)
    {
        int number = 0;
        foreach (byte digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return -1;
            }

            number = (number * 10) + (digit - '0');
        }

        return number;
    }

    private static int Month(ReadOnlySpan<byte> name)
    {
        int index = "JanFebMarAprMayJunJulAugSepOctNovDec"u8.IndexOf(name);
        return index % 3 == 0 ? (index / 3) + 1 : 0;
    }

    private static bool IsDayName(ReadOnlySpan<byte> name) => "SunMonTueWedThuFriSat"u8.IndexOf(name) % 3 == 0;

    // Only the first letter of each name is a capital, so only a whole name can match.
    private static bool IsLongDayName(ReadOnlySpan<byte> nameAndComma)
        => char.IsAsciiLetterUpper((char)nameAndComma[0])
            && "Sunday,Monday,Tuesday,Wednesday,Thursday,Friday,Saturday,"u8.IndexOf(nameAndComma) >= 0;
}
