using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Tests;

public partial class AccessLogLinesTests
{
    private static readonly DateTime s_time = new(2000, 10, 10, 13, 55, 36, 789);
    private static readonly TimeZoneInfo s_zone = Zone(TimeSpan.FromHours(-7));

    [Fact]
    public void A_line_is_that_of_the_common_log_format()
        => Assert.Equal(
            "127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] \"GET /apache_pb.gif HTTP/1.0\" 200 2326",
            Common("127.0.0.1", "frank", "GET /apache_pb.gif HTTP/1.0", 200, 2326));

    [Fact]
    public void What_is_missing_is_a_dash()
        => Assert.Equal(
            "::1 - - [10/Oct/2000:13:55:36 -0700] \"-\" 400 0 \"-\" \"-\"",
            Lines(lines =>
            {
                lines.AddCommon(IPAddress.IPv6Loopback, null, s_time, default, 400, 0);
                lines.AddQuoted(default);
                lines.AddQuoted([]);
            }));

    [Theory]
    [InlineData("10.1.2.3", "10.1.2.3")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("::ffff:10.1.2.3", "10.1.2.3")]
    [InlineData("fe80::1%3", "fe80::1%3")]
    [InlineData("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    public void The_peer_is_an_address(string remote, string expected)
        => Assert.StartsWith(expected + " - - [", Common(remote, null, "GET / HTTP/1.1", 200, 1), StringComparison.Ordinal);

    [Theory]
    [InlineData("2024-02-29T23:59:59+00:00", "[29/Feb/2024:23:59:59 +0000]")]
    [InlineData("2024-01-01T00:00:00+05:30", "[01/Jan/2024:00:00:00 +0530]")]
    [InlineData("2024-12-31T12:00:00-03:30", "[31/Dec/2024:12:00:00 -0330]")]
    [InlineData("0001-01-01T00:00:00+00:00", "[01/Jan/0001:00:00:00 +0000]")]
    public void The_time_has_its_offset(string time, string expected)
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("ar-SA"); // another calendar, other names and separators
            DateTimeOffset at = DateTimeOffset.Parse(time, CultureInfo.InvariantCulture);
            Assert.Contains(
                expected,
                Lines(lines => lines.AddCommon(IPAddress.Loopback, null, at.DateTime, default, 200, -1), Zone(at.Offset)),
                StringComparison.Ordinal);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Each_second_has_its_own_time()
    {
        string text = Lines(lines =>
        {
            foreach (int milliseconds in new[] { 0, 210, 211, -1000 })
            {
                lines.AddCommon(IPAddress.Loopback, null, s_time.AddMilliseconds(milliseconds), default, 200, 0);
                lines.EndLine();
            }
        });

        Assert.Equal(
            ["13:55:36 -0700", "13:55:36 -0700", "13:55:37 -0700", "13:55:35 -0700"],
            text.TrimEnd().Split('\n').Select(
                line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..line.IndexOf(']', StringComparison.Ordinal)]));
    }

    [Fact]
    public void Summer_time_has_its_own_offset()
    {
        TimeZoneInfo.TransitionTime april = TimeZoneInfo.TransitionTime.CreateFixedDateRule(new DateTime(1, 1, 1, 2, 0, 0), 4, 1);
        TimeZoneInfo.TransitionTime october = TimeZoneInfo.TransitionTime.CreateFixedDateRule(new DateTime(1, 1, 1, 3, 0, 0), 10, 1);
        TimeZoneInfo zone = TimeZoneInfo.CreateCustomTimeZone("north", TimeSpan.FromHours(1), null, null, null,
            [TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(
                DateTime.MinValue.Date, DateTime.MaxValue.Date, TimeSpan.FromHours(1), april, october)]);

        string text = Lines(
            lines =>
            {
                lines.AddCommon(IPAddress.Loopback, null, new DateTime(2000, 4, 1, 1, 59, 59), default, 200, 0);
                lines.EndLine();
                lines.AddCommon(IPAddress.Loopback, null, new DateTime(2000, 4, 1, 3, 0, 0), default, 200, 0);
            },
            zone);

        Assert.Contains("[01/Apr/2000:01:59:59 +0100]", text, StringComparison.Ordinal);
        Assert.Contains("[01/Apr/2000:03:00:00 +0200]", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\"b", "a\\x22b")]
    [InlineData("a\\b", "a\\x5Cb")]
    [InlineData("\\x22", "\\x5Cx22")]
    [InlineData("a\r\nb", "a\\x0D\\x0Ab")]
    [InlineData("\0\t\u001B[31m\u007F", "\\x00\\x09\\x1B[31m\\x7F")]
    [InlineData("é", "\\xC3\\xA9")]
    [InlineData("\u0085\u2028", "\\xC2\\x85\\xE2\\x80\\xA8")]
    [InlineData("中文", "\\xE4\\xB8\\xAD\\xE6\\x96\\x87")]
    [InlineData("🔑!", "\\xF0\\x9F\\x94\\x91!")]
    [InlineData("~ '`[]%20", "~ '`[]%20")]
    public void Nothing_a_client_sends_ends_a_field_or_a_line(string given, string logged)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(given);
        Assert.Equal($" \"{logged}\"", Lines(lines => lines.AddQuoted(bytes)));
        Assert.EndsWith($"\"{logged}\" 400 5", Common("::1", null, given, 400, 5), StringComparison.Ordinal);
        string user = logged.Replace(" ", "\\x20", StringComparison.Ordinal);
        Assert.StartsWith($"::1 - {user} [", Common("::1", given, "GET / HTTP/1.1", 200, 5), StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_text_are_logged_as_they_came()
        => Assert.Equal(" \"/\\xD6\\xD0.txt\"", Lines(lines => lines.AddQuoted([(byte)'/', 0xD6, 0xD0, .. ".txt"u8])));

    [Fact]
    public void Random_text_keeps_the_form_of_a_line()
    {
        Random random = new(27);
        AccessLogLines lines = new(s_zone);
        byte[] text = new byte[30];
        for (int i = 0; i < 20_000; i++)
        {
            random.NextBytes(text);
            lines.Clear();
            lines.AddCommon(IPAddress.Loopback, Encoding.Latin1.GetString(text), s_time, text, 200, long.MaxValue);
            lines.AddQuoted(text);
            lines.AddQuoted(text);
            lines.EndLine();
            Assert.Matches(Combined(), Encoding.Latin1.GetString(lines.Written.Span));
        }
    }

    [Fact]
    public void Long_fields_have_room()
    {
        string target = "/" + new string('a', 100_000) + new string('中', 100_000);
        Assert.Contains(string.Concat(Enumerable.Repeat("\\xE4\\xB8\\xAD", 100_000)) + " HTTP/1.1\" 200 1",
            Common("::1", null, $"GET {target} HTTP/1.1", 200, 1), StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_can_be_taken_off_again()
    {
        AccessLogLines lines = new();
        lines.AddQuoted("a"u8);
        int before = lines.Length;
        lines.AddQuoted(new byte[100_000]);
        lines.Truncate(before);
        Assert.Equal(" \"a\"", Encoding.ASCII.GetString(lines.Written.Span));
        lines.Trim();
        Assert.Equal(0, lines.Length);
        lines.AddQuoted("c"u8);
        Assert.Equal(" \"c\"", Encoding.ASCII.GetString(lines.Written.Span));
    }

    [Fact]
    public void Adding_allocates_nothing()
    {
        AccessLogLines lines = new();
        IPAddress remote = IPAddress.Loopback;
        Assert.Equal(0, Allocation.Of(() =>
        {
            lines.AddCommon(remote, null, s_time, "GET /a\"b HTTP/1.1"u8, 200, 2326);
            lines.AddQuoted("http://localhost/"u8);
            lines.EndLine();
        }));
    }

    [Fact]
    public void The_line_of_a_record_allocates_nothing()
    {
        AccessLogLines lines = new();
        HttpRequestRecord record = new(1, new IPEndPoint(IPAddress.Loopback, 1), HttpHead.Bytes(HttpHead.Valid[^1])) { User = "frank" };
        Assert.Equal(0, Allocation.Of(() => lines.Add(record, isCombined: true)));
        lines.Clear();
        lines.Add(record, isCombined: true);
        Assert.Matches(
            """^127\.0\.0\.1 - frank \[.*\] "GET /assets/photo\.jpg HTTP/1\.1" 0 0 "http://127\.0\.0\.1:8080/" "Mozilla/.*"\n$""",
            Encoding.Latin1.GetString(lines.Written.Span));
    }

    [GeneratedRegex(
        """\A127\.0\.0\.1 - [!-~]+ \[10/Oct/2000:13:55:36 -0700\] "[ !#-~]+" 200 9223372036854775807 "[ !#-~]+" "[ !#-~]+"\n\z""")]
    private static partial Regex Combined();

    private static string Common(string remote, string? user, string requestLine, int status, long bytes)
        => Lines(lines => lines.AddCommon(IPAddress.Parse(remote), user, s_time, Encoding.UTF8.GetBytes(requestLine), status, bytes));

    private static string Lines(Action<AccessLogLines> add, TimeZoneInfo? zone = null)
    {
        AccessLogLines lines = new(zone ?? s_zone);
        add(lines);
        return Encoding.Latin1.GetString(lines.Written.Span);
    }

    private static TimeZoneInfo Zone(TimeSpan offset) => TimeZoneInfo.CreateCustomTimeZone("test", offset, null, null);
}
