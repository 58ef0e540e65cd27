using System.Globalization;
using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Tests;

public class HttpDateTests
{
    private static readonly DateTime s_example = new(1994, 11, 6, 8, 49, 37, DateTimeKind.Utc);

    [Theory]
    [InlineData("Sun, 06 Nov 1994 08:49:37 GMT")] // the examples of RFC 9110, section 5.6.7
    [InlineData("Sunday, 06-Nov-94 08:49:37 GMT")]
    [InlineData("Sun Nov  6 08:49:37 1994")]
    public void All_three_forms_are_read(string text)
    {
        Assert.True(HttpDate.TryParse(Encoding.ASCII.GetBytes(text), out DateTime utc));
        Assert.Equal(s_example, utc);
        Assert.Equal(DateTimeKind.Utc, utc.Kind);
    }

    [Fact]
    public void The_preferred_form_is_written()
    {
        byte[] written = new byte[HttpDate.Length];
        HttpDate.Format(s_example, written);
        Assert.Equal("Sun, 06 Nov 1994 08:49:37 GMT", Encoding.ASCII.GetString(written));
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        Random random = new(9110);
        byte[] written = new byte[HttpDate.Length];
        for (int i = 0; i < 10_000; i++)
        {
            DateTime date = DateTime.MinValue.AddSeconds(random.NextInt64(DateTime.MaxValue.Ticks / TimeSpan.TicksPerSecond));
            HttpDate.Format(date, written);
            Assert.True(HttpDate.TryParse(written, out DateTime read), Encoding.ASCII.GetString(written));
            Assert.Equal(date, read);
        }
    }

    [Theory]
    [InlineData("Tue, 29 Feb 2000 00:00:00 GMT", "2000-02-29T00:00:00")]
    [InlineData("Sat, 31 Dec 2016 23:59:60 GMT", "2016-12-31T23:59:59")] // a leap second
    [InlineData("Fri, 31 Dec 9999 23:59:60 GMT", "9999-12-31T23:59:59")]
    [InlineData("Mon, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37")] // the name of the day says nothing more
    [InlineData("Wed Dec 31 23:59:59 2025", "2025-12-31T23:59:59")]
    [InlineData("Wed Jan  1 00:00:00 2025", "2025-01-01T00:00:00")]
    [InlineData("Wed Jan 01 00:00:00 2025", "2025-01-01T00:00:00")]
    public void Unusual_dates_are_read(string text, string expected)
    {
        Assert.True(HttpDate.TryParse(Encoding.ASCII.GetBytes(text), out DateTime utc));
        Assert.Equal(expected, utc.ToString("s"));
    }

    [Theory]
    [InlineData("Monday, 01-Jan-24 00:00:00 GMT", 2026, 2024)]
    [InlineData("Tuesday, 01-Jan-75 00:00:00 GMT", 2026, 2075)]
    [InlineData("Wednesday, 01-Jan-76 00:00:00 GMT", 2026, 2076)] // 50 years, less than a day
    [InlineData("Thursday, 03-Jan-76 00:00:00 GMT", 2026, 1976)] // one day more
    [InlineData("Friday, 31-Dec-99 23:59:59 GMT", 2026, 1999)]
    [InlineData("Saturday, 01-Jan-00 00:00:00 GMT", 1999, 1900)]
    [InlineData("Sunday, 29-Feb-00 00:00:00 GMT", 2000, 2000)]
    [InlineData("Sunday, 29-Feb-96 00:00:00 GMT", 2101, 2096)]
    [InlineData("Sunday, 29-Feb-00 00:00:00 GMT", 2101, 2000)] // 2100 has no such day
    public void Two_digits_of_a_year_more_than_50_years_ahead_mean_the_past(string text, int now, int expected)
    {
        FixedClock clock = new(new DateTimeOffset(now, 1, 2, 0, 0, 0, TimeSpan.Zero));
        Assert.True(HttpDate.TryParse(Encoding.ASCII.GetBytes(text), clock, out DateTime utc));
        Assert.Equal(expected, utc.Year);
    }

    [Theory]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("Sun,")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("784111777")]
    [InlineData("1994-11-06T08:49:37Z")]
    [InlineData("Sun, 06 Nov 1994 08:49:37")]
    [InlineData("Sun, 06 Nov 1994 08:49:37 UTC")]
    [InlineData("Sun, 06 Nov 1994 08:49:37 gmt")]
    [InlineData("Sun, 06 Nov 1994 08:49:37 +0000")]
    [InlineData("Sun, 06 Nov 1994 08:49:37 GMT ")]
    [InlineData(" Sun, 06 Nov 1994 08:49:37 GMT")]
    [InlineData("sun, 06 Nov 1994 08:49:37 GMT")]
    [InlineData("unM, 06 Nov 1994 08:49:37 GMT")]
    [InlineData("Sun, 6 Nov 1994 08:49:37 GMT")]
    [InlineData("Sun, 06 nov 1994 08:49:37 GMT")]
    [InlineData("Sun, 06 anF 1994 08:49:37 GMT")]
    [InlineData("Sun, 06 Nov 94 08:49:37 GMT")]
    [InlineData("Sun, 00 Nov 1994 08:49:37 GMT")]
    [InlineData("Sun, 31 Nov 1994 08:49:37 GMT")]
    [InlineData("Sun, 29 Feb 1900 08:49:37 GMT")]
    [InlineData("Sun, 06 Nov 0000 08:49:37 GMT")]
    [InlineData("Sun, 06 Nov 1994 24:00:00 GMT")]
    [InlineData("Sun, 06 Nov 1994 08:60:37 GMT")]
    [InlineData("Sun, 06 Nov 1994 08:49:61 GMT")]
    [InlineData("Sun, 06 Nov 1994 -1:49:37 GMT")]
    [InlineData("Sun, 06 Nov 1994 08.49.37 GMT")]
    [InlineData("Sun,_06 Nov 1994 08:49:37 GMT")]
    [InlineData("Sun, +6 Nov 1994 08:49:37 GMT")]
    [InlineData("Sun, 06 Nov 1994 08:49:3x GMT")]
    [InlineData("Someday, 06-Nov-94 08:49:37 GMT")]
    [InlineData("day, 06-Nov-94 08:49:37 GMT")]
    [InlineData("Sun, 06-Nov-94 08:49:37 GMT")]
    [InlineData("Sunday,Monday, 06-Nov-94 08:49:37 GMT")]
    [InlineData("Sunday, 06 Nov 94 08:49:37 GMT")]
    [InlineData("Sunday, 06-Nov-1994 08:49:37 GMT")]
    [InlineData("Sunday, 06-Nov--4 08:49:37 GMT")]
    [InlineData("Sunday, 31-Feb-94 08:49:37 GMT")]
    [InlineData("Sun Nov 6 08:49:37 1994")]
    [InlineData("Sun Nov  6 08:49:37 199x")]
    [InlineData("Sun Nov   08:49:37 1994")]
    [InlineData("Sun Nov  6 08:49:37 1994\n")]
    public void What_is_no_date_is_refused(string text)
    {
        Assert.False(HttpDate.TryParse(Encoding.ASCII.GetBytes(text), out DateTime utc), utc.ToString("s"));
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        Random random = new(567);
        byte[][] forms =
            [.. new[] { "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                "Sun Nov  6 08:49:37 1994" }.Select(Encoding.ASCII.GetBytes)];
        for (int i = 0; i < 50_000; i++)
        {
            byte[] text = [.. forms[i % forms.Length]];
            RandomText.Fill(random, text.AsSpan(random.Next(text.Length), 1), "0123456789 ,:-"u8);
            RandomText.Fill(random, text.AsSpan(random.Next(text.Length), 1), "0123456789 ,:-"u8);
            Span<byte> given = text.AsSpan(0, random.Next(8) == 0 ? random.Next(text.Length) : text.Length);
            if (HttpDate.TryParse(given, out DateTime utc))
            {
                Assert.Equal(0, utc.Ticks % TimeSpan.TicksPerSecond);
            }
        }
    }

    [Fact]
    public void The_culture_does_not_matter()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("ar-SA"); // another calendar, other names
            The_preferred_form_is_written();
            All_three_forms_are_read("Sun, 06 Nov 1994 08:49:37 GMT");
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private sealed class FixedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
