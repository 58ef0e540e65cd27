using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Tests;

public class HttpByteRangesTests
{
    [Theory]
    [InlineData("bytes=0-499", 10000, "0-499")] // the examples of RFC 9110, section 14.1.2
    [InlineData("bytes=500-999", 10000, "500-999")]
    [InlineData("bytes=-500", 10000, "9500-9999")]
    [InlineData("bytes=9500-", 10000, "9500-9999")]
    [InlineData("bytes=0-0,-1", 10000, "0-0 9999-9999")]
    [InlineData("bytes= 0-999, 4500-5499, -1000", 10000, "0-999 4500-5499 9000-9999")]
    [InlineData("bytes=500-600,601-999", 10000, "500-999")]
    [InlineData("bytes=500-700,601-999", 10000, "500-999")]
    [InlineData("bytes=0-", 10000, "0-9999")]
    [InlineData("bytes=0-0", 1, "0-0")]
    [InlineData("bytes=-1", 1, "0-0")]
    [InlineData("bytes=-20000", 10000, "0-9999")]
    [InlineData("bytes=9999-20000", 10000, "9999-9999")]
    [InlineData("bytes=0-99999999999999999999999999", 10000, "0-9999")]
    [InlineData("bytes=-99999999999999999999999999", 10000, "0-9999")]
    [InlineData("bytes=0000000000000000000000000000000000000001-2", 10000, "1-2")]
    [InlineData("BYTES=1-2", 10, "1-2")] // range units are case-insensitive (section 14.1)
    [InlineData("bytes=1-2 ,\t, 4-5,", 10, "1-2 4-5")]
    [InlineData("bytes=0-9223372036854775806", long.MaxValue, "0-9223372036854775806")]
    [InlineData("bytes=9223372036854775806-9223372036854775807", long.MaxValue, "9223372036854775806-9223372036854775806")]
    [InlineData("bytes=0-9223372036854775806,9223372036854775806-", long.MaxValue, "0-9223372036854775806")]
    public void Ranges_are_cut_to_the_file(string range, long length, string expected) => AssertSatisfiable(range, length, expected);

    [Theory]
    [InlineData("bytes=0-1,3-4", "0-1 3-4")]
    [InlineData("bytes=0-1,2-4", "0-4")] // adjacent
    [InlineData("bytes=2-4,0-1", "0-4")]
    [InlineData("bytes=0-4,2-3", "0-4")] // within
    [InlineData("bytes=2-3,0-4", "0-4")]
    [InlineData("bytes=0-4,0-4,0-4", "0-4")]
    [InlineData("bytes=50-59,10-19,30-39", "50-59 10-19 30-39")] // as asked for
    [InlineData("bytes=50-59,10-19,58-65", "50-65 10-19")]
    [InlineData("bytes=50-59,10-19,30-39,19-31", "50-59 10-39")] // joins two
    [InlineData("bytes=30-39,70-79,10-19,50-59,19-50", "10-59 70-79")]
    [InlineData("bytes=90-,0-1,-95", "5-99 0-1")]
    [InlineData("bytes=0-,5-9,-1", "0-99")]
    public void Ranges_that_touch_become_one_at_the_first_place(string range, string expected) => AssertSatisfiable(range, 100, expected);

    [Theory]
    [InlineData("bytes=10000-10001,0-0", "0-0")]
    [InlineData("bytes=0-0,-0", "0-0")]
    [InlineData("bytes=99-,100-,-0,100-200", "99-99")]
    public void What_cannot_be_satisfied_among_several_is_left_out(string range, string expected)
        => AssertSatisfiable(range, 100, expected);

    [Theory]
    [InlineData("bytes=100-", 100)]
    [InlineData("bytes=100-200", 100)]
    [InlineData("bytes=-0", 100)]
    [InlineData("bytes=-000", 100)]
    [InlineData("bytes=100-,200-300,-0", 100)]
    [InlineData("bytes=99999999999999999999-", 100)]
    [InlineData("bytes=9223372036854775807-", long.MaxValue)]
    public void Outside_the_file_is_unsatisfiable(string range, long length) => AssertNone(RangeResult.Unsatisfiable, range, length);

    [Theory]
    [InlineData("bytes=-5")]
    [InlineData("bytes=0-0,-5")]
    [InlineData("bytes=0-")]
    [InlineData("bytes=0-0")]
    [InlineData("bytes=-0")]
    [InlineData("bytes=7-9")]
    public void Every_range_of_an_empty_file_gets_all_of_it(string range) => AssertNone(RangeResult.Ignored, range, 0);

    [Theory]
    [InlineData("")]
    [InlineData("bytes")]
    [InlineData("bytes=")]
    [InlineData("bytes=,")]
    [InlineData("bytes= , ")]
    [InlineData("=0-1")]
    [InlineData("0-1")]
    [InlineData("bytes 0-1")]
    [InlineData("bytes =0-1")]
    [InlineData("byte=0-1")]
    [InlineData("octets=0-1")]
    [InlineData("seconds=1-2")]
    [InlineData("none")]
    [InlineData("bytes=0")]
    [InlineData("bytes=-")]
    [InlineData("bytes=--")]
    [InlineData("bytes=--1")]
    [InlineData("bytes=1--2")]
    [InlineData("bytes=1-2-3")]
    [InlineData("bytes=2-1")] // the last before the first: the whole field is invalid (section 14.1.1)
    [InlineData("bytes=0-1,5-2")]
    [InlineData("bytes=200-100")]
    [InlineData("bytes=+0-1")]
    [InlineData("bytes=0-+1")]
    [InlineData("bytes=0x0-1")]
    [InlineData("bytes=a-b")]
    [InlineData("bytes=0 -1")]
    [InlineData("bytes=0- 1")]
    [InlineData("bytes=0-1;2-3")]
    [InlineData("bytes=0-1 2-3")]
    [InlineData("bytes=\"0-1\"")]
    [InlineData("bytes=0-1,bytes=2-3")]
    [InlineData("bytes==0-1")]
    [InlineData("bytes=０-1")]
    public void What_is_malformed_is_ignored(string range) => AssertNone(RangeResult.Ignored, range, 100);

    [Theory]
    [InlineData("{0}-{0}")]
    [InlineData("0-{0}")] // all the same byte: before they become one
    [InlineData("{0}00000-")]
    public void Too_many_ranges_are_ignored(string form)
    {
        string Ranges(int count) => "bytes=" + string.Join(',', Enumerable.Range(0, count).Select(i => string.Format(null, form, i * 2)));

        Assert.NotEqual(RangeResult.Ignored, Parse(Ranges(ByteRanges.Most), 100, out _));
        AssertNone(RangeResult.Ignored, Ranges(ByteRanges.Most + 1), 100);
        AssertNone(RangeResult.Ignored, Ranges(100_000), 100);
    }

    [Fact]
    public void As_many_as_there_may_be_come_in_their_order()
    {
        int[] starts = [.. Enumerable.Range(0, ByteRanges.Most).Select(i => (i * 7 % ByteRanges.Most) * 2)];
        AssertSatisfiable(
            "bytes=" + string.Join(',', starts.Select(start => $"{start}-{start}")),
            100,
            string.Join(' ', starts.Select(start => $"{start}-{start}")));
    }

    [Fact]
    public void Coalesced_ranges_are_the_bytes_asked_for()
    {
        const int Length = 64;
        Random random = new(14);
        for (int i = 0; i < 5_000; i++)
        {
            (int First, int Last)[] asked = [.. Enumerable.Range(0, random.Next(1, ByteRanges.Most + 1)).Select(_ =>
            {
                int first = random.Next(Length);
                return (first, random.Next(first, Math.Min(Length, first + 6)));
            })];
            string range = "bytes=" + string.Join(',', asked.Select(part => $"{part.First}-{part.Last}"));

            Assert.Equal(RangeResult.Satisfiable, Parse(range, Length, out ByteRange[] parts));

            bool[] wanted = new bool[Length];
            bool[] given = new bool[Length];
            foreach ((int first, int last) in asked)
            {
                wanted.AsSpan(first, last - first + 1).Fill(true);
            }

            foreach (ByteRange part in parts)
            {
                int before = (int)Math.Max(0, part.Start - 1);
                int after = (int)Math.Min(Length, part.End + 2);
                Assert.DoesNotContain(true, given[before..after]);
                given.AsSpan((int)part.Start, (int)part.Length).Fill(true);
            }

            Assert.Equal(wanted, given);
            // Each stands where its first piece was asked for.
            int[] places = [.. parts.Select(part => Array.FindIndex(asked, piece => piece.First >= part.Start && piece.Last <= part.End))];
            Assert.Equal(places.Order(), places);
        }
    }

    [Fact]
    public void Random_bytes_never_throw_and_give_only_bytes_of_the_file()
    {
        Random random = new(1412);
        byte[] bytes = new byte[60];
        "bytes="u8.CopyTo(bytes);
        ByteRange[] ranges = new ByteRange[ByteRanges.Most];
        for (int i = 0; i < 50_000; i++)
        {
            RandomText.Fill(random, bytes.AsSpan(6), "0123456789-----,,, "u8);
            long length = random.Next(2) == 0 ? random.Next(100) : random.NextInt64(long.MaxValue);
            RangeResult result = ByteRanges.Parse(bytes.AsSpan(0, random.Next(bytes.Length)), length, ranges, out int count);
            Assert.Equal(result == RangeResult.Satisfiable, count > 0);
            Assert.All(ranges[..count], range => Assert.True(range.Start >= 0 && range.Start <= range.End && range.End < length));
        }
    }

    [Fact]
    public void Parsing_allocates_nothing()
    {
        ByteRange[] ranges = new ByteRange[ByteRanges.Most];
        Assert.Equal(0, Allocation.Of(() => ByteRanges.Parse("bytes=0-499, 500-999, -500"u8, 10_000, ranges, out _)));
    }

    private static void AssertSatisfiable(string range, long length, string expected)
    {
        Assert.Equal(RangeResult.Satisfiable, Parse(range, length, out ByteRange[] parts));
        Assert.Equal(expected, string.Join(' ', parts.Select(part => $"{part.Start}-{part.End}")));
        Assert.All(parts, part => Assert.Equal(part.End - part.Start + 1, part.Length));
    }

    private static void AssertNone(RangeResult expected, string range, long length)
    {
        Assert.Equal(expected, Parse(range, length, out ByteRange[] parts));
        Assert.Empty(parts);
    }

    private static RangeResult Parse(string range, long length, out ByteRange[] parts)
    {
        ByteRange[] room = new ByteRange[ByteRanges.Most];
        RangeResult result = ByteRanges.Parse(Encoding.UTF8.GetBytes(range), length, room, out int count);
        parts = room[..count];
        return result;
    }
}
