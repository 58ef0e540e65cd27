using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Tests;

public class HttpPreconditionsTests
{
    private const string Tag = "\"v1\"";
    private const string Before = "Sun, 06 Nov 1994 08:49:36 GMT";
    private const string Exactly = "Sun, 06 Nov 1994 08:49:37 GMT";
    private const string After = "Sun, 06 Nov 1994 08:49:38 GMT";

    private static readonly DateTime s_modified = new(1994, 11, 6, 8, 49, 37, DateTimeKind.Utc);

    [Theory]
    [InlineData("*", Tag, true)]
    [InlineData("\"v1\"", Tag, true)]
    [InlineData("\"v2\"", Tag, false)]
    [InlineData("\"xyzzy\", \"r2d2xxxx\", \"v1\"", Tag, true)] // the form of the example in section 13.1.1
    [InlineData("W/\"v1\"", Tag, false)] // strong comparison: the table of section 8.8.3.2
    [InlineData("\"v1\"", "W/\"v1\"", false)]
    [InlineData("W/\"v1\"", "W/\"v1\"", false)]
    [InlineData("W/\"v1\", \"v1\"", Tag, true)]
    [InlineData("*", "W/\"v1\"", true)]
    [InlineData("\"V1\"", Tag, false)]
    public void If_Match_compares_strongly(string ifMatch, string etag, bool passes)
        => Assert.Equal(passes ? PreconditionResult.Passed : PreconditionResult.Failed, Evaluate(ifMatch: ifMatch, etag: etag));

    [Theory]
    [InlineData("*", Tag, false)]
    [InlineData("\"v1\"", Tag, false)]
    [InlineData("\"v2\"", Tag, true)]
    [InlineData("W/\"v1\"", Tag, false)] // weak comparison: the table of section 8.8.3.2
    [InlineData("\"v1\"", "W/\"v1\"", false)]
    [InlineData("W/\"v1\"", "W/\"v1\"", false)]
    [InlineData("W/\"v2\"", "W/\"v1\"", true)]
    [InlineData("W/\"xyzzy\", W/\"r2d2xxxx\", W/\"v1\"", Tag, false)] // the form of the example in section 13.1.2
    [InlineData("w/\"v1\"", Tag, true)] // W/ is case-sensitive
    public void If_None_Match_compares_weakly(string ifNoneMatch, string etag, bool passes)
        => Assert.Equal(
            passes ? PreconditionResult.Passed : PreconditionResult.NotModified, Evaluate(ifNoneMatch: ifNoneMatch, etag: etag));

    [Theory]
    [InlineData("\"a\",\"v1\"", true)]
    [InlineData("\"a\"\t ,\t \"v1\"", true)]
    [InlineData(",, \"a\",, ,\"v1\",", true)] // empty elements do not count (section 5.6.1.2)
    [InlineData("\"a,\\\", \"v1\"", true)] // a backslash escapes nothing in an entity tag
    [InlineData("\"a, \", \"v1\"", true)]
    [InlineData("\"\", \"v1\"", true)]
    [InlineData("\"v1\" junk", true)]
    [InlineData("\"a\", \"v1\", *", true)]
    [InlineData("\"a\" \"v1\"", false)]
    [InlineData("v1", false)]
    [InlineData("v1, \"v1\"", false)]
    [InlineData("*, \"v1\"", false)]
    [InlineData("\"v1", false)]
    [InlineData("v1\"", false)]
    [InlineData("\"", false)]
    [InlineData("W", false)]
    [InlineData("W/", false)]
    [InlineData("W/v1", false)]
    [InlineData("W/W/\"v1\"", false)]
    [InlineData("W/\"", false)]
    [InlineData(",", false)]
    [InlineData("\"\"", false)]
    [InlineData("\"x\"v1\"", false)]
    public void A_list_matches_as_far_as_it_is_one(string list, bool matches)
    {
        Assert.Equal(matches ? PreconditionResult.NotModified : PreconditionResult.Passed, Evaluate(ifNoneMatch: list));
        Assert.Equal(matches ? PreconditionResult.Passed : PreconditionResult.Failed, Evaluate(ifMatch: list));
    }

    [Theory]
    [InlineData(Before, PreconditionResult.Passed)]
    [InlineData(Exactly, PreconditionResult.NotModified)]
    [InlineData(After, PreconditionResult.NotModified)]
    [InlineData("Sunday, 06-Nov-94 08:49:37 GMT", PreconditionResult.NotModified)]
    [InlineData("Sun Nov  6 08:49:37 1994", PreconditionResult.NotModified)]
    [InlineData("yesterday", PreconditionResult.Passed)]
    [InlineData("Sun, 06 Nov 1994 08:49:38 GMT; length=4", PreconditionResult.Passed)]
    public void If_Modified_Since_asks_for_what_is_newer(string date, Enum expected)
        => Assert.Equal(expected, Evaluate(ifModifiedSince: date));

    [Theory]
    [InlineData(Before, PreconditionResult.Failed)]
    [InlineData(Exactly, PreconditionResult.Passed)]
    [InlineData(After, PreconditionResult.Passed)]
    [InlineData("Sun Nov  6 08:49:36 1994", PreconditionResult.Failed)]
    [InlineData("yesterday", PreconditionResult.Passed)]
    public void If_Unmodified_Since_asks_for_what_is_not_newer(string date, Enum expected)
        => Assert.Equal(expected, Evaluate(ifUnmodifiedSince: date));

    [Theory]
    [InlineData("", "", "", "", PreconditionResult.Passed)]
    [InlineData("\"v1\"", Before, "", "", PreconditionResult.Passed)] // If-Match makes If-Unmodified-Since void
    [InlineData("\"v2\"", After, "", "", PreconditionResult.Failed)]
    [InlineData("", "", "\"v1\"", Before, PreconditionResult.NotModified)] // If-None-Match makes If-Modified-Since void
    [InlineData("", "", "\"v2\"", After, PreconditionResult.Passed)]
    [InlineData("\"v2\"", "", "\"v1\"", "", PreconditionResult.Failed)] // 412 comes before 304
    [InlineData("\"v1\"", "", "\"v1\"", "", PreconditionResult.NotModified)]
    [InlineData("\"v1\"", "", "", After, PreconditionResult.NotModified)]
    [InlineData("", Before, "\"v1\"", After, PreconditionResult.Failed)]
    [InlineData("", Exactly, "", Exactly, PreconditionResult.NotModified)]
    [InlineData("", Exactly, "\"v2\"", Exactly, PreconditionResult.Passed)]
    [InlineData("*", Before, "*", Before, PreconditionResult.NotModified)]
    [InlineData("junk", After, "\"v2\"", Before, PreconditionResult.Failed)]
    public void The_order_is_that_of_section_13_2_2(
        string ifMatch, string ifUnmodifiedSince, string ifNoneMatch, string ifModifiedSince, Enum expected)
        => Assert.Equal(expected, Evaluate(ifMatch, ifUnmodifiedSince, ifNoneMatch, ifModifiedSince));

    [Fact]
    public void What_has_no_entity_tag_matches_none()
    {
        Assert.Equal(PreconditionResult.Failed, Evaluate(ifMatch: "\"\"", etag: ""));
        Assert.Equal(PreconditionResult.Passed, Evaluate(ifNoneMatch: "\"\", W/\"\"", etag: ""));
        Assert.Equal(PreconditionResult.NotModified, Evaluate(ifNoneMatch: "*", etag: ""));
        Assert.False(IfRangeHolds("\"\"", ""));
    }

    [Theory]
    [InlineData("", Tag, true)] // absent
    [InlineData("\"v1\"", Tag, true)]
    [InlineData("\"v2\"", Tag, false)]
    [InlineData("W/\"v1\"", Tag, false)] // strong comparison only (section 13.1.5)
    [InlineData("W/\"v1\"", "W/\"v1\"", false)]
    [InlineData("\"v1\"", "W/\"v1\"", false)]
    [InlineData("\"v1\", \"v2\"", Tag, false)] // one tag, no list
    [InlineData("*", Tag, false)]
    [InlineData("v1", Tag, false)]
    [InlineData(Exactly, Tag, true)]
    [InlineData(Exactly, "W/\"v1\"", true)]
    [InlineData("Sun Nov  6 08:49:37 1994", Tag, true)]
    [InlineData(Before, Tag, false)] // exactly that date, not a later one
    [InlineData(After, Tag, false)]
    [InlineData("yesterday", Tag, false)]
    public void If_Range_holds_for_exactly_this_representation(string ifRange, string etag, bool expected)
        => Assert.Equal(expected, IfRangeHolds(ifRange, etag));

    [Fact]
    public void Random_bytes_never_throw()
    {
        Random random = new(13);
        byte[] bytes = new byte[40];
        for (int i = 0; i < 50_000; i++)
        {
            Span<byte> value = bytes.AsSpan(0, random.Next(bytes.Length));
            RandomText.Fill(random, value, "\"W/v1, *"u8);
            Preconditions.Evaluate(value, value, default, default, "\"v1\""u8, s_modified);
            Preconditions.Evaluate(default, value, value, value, "W/\"v1\""u8, s_modified);
            Preconditions.Evaluate(default, default, default, value, "\"v1\""u8, s_modified);
            Preconditions.IfRangeHolds(value, "\"v1\""u8, s_modified);
        }
    }

    [Fact]
    public void Evaluating_allocates_nothing()
    {
        Assert.Equal(0, Allocation.Of(() =>
        {
            Preconditions.Evaluate("\"a\", \"v1\""u8, default, "W/\"x\", \"y\""u8, default, "\"v1\""u8, s_modified);
            Preconditions.Evaluate(
                default, "Sun, 06 Nov 1994 08:49:37 GMT"u8, default, "Sunday, 06-Nov-94 08:49:37 GMT"u8, "\"v1\""u8, s_modified);
            Preconditions.IfRangeHolds("Sun Nov  6 08:49:37 1994"u8, "\"v1\""u8, s_modified);
        }));
    }

    private static PreconditionResult Evaluate(
        string ifMatch = "", string ifUnmodifiedSince = "", string ifNoneMatch = "", string ifModifiedSince = "", string etag = Tag)
        => Preconditions.Evaluate(
            Encoding.Latin1.GetBytes(ifMatch),
            Encoding.Latin1.GetBytes(ifUnmodifiedSince),
            Encoding.Latin1.GetBytes(ifNoneMatch),
            Encoding.Latin1.GetBytes(ifModifiedSince),
            Encoding.Latin1.GetBytes(etag),
            s_modified);

    private static bool IfRangeHolds(string ifRange, string etag)
        => Preconditions.IfRangeHolds(Encoding.Latin1.GetBytes(ifRange), Encoding.Latin1.GetBytes(etag), s_modified);
}
